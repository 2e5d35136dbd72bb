"""Django: its migrations, and a crowd of threads that use its models."""

import pathlib
import sys
import threading

import django
from django.conf import settings

SESSIONS, ROUNDS = 12, 15


def configure(host, port, user, password, database):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    account = {"ENGINE": "django.db.backends.mysql", "HOST": host, "PORT": port, "USER": user, "PASSWORD": password,
               "NAME": database, "CONN_MAX_AGE": None, "OPTIONS": {"charset": "utf8mb4"}}
    settings.configure(DATABASES={"default": account}, USE_TZ=True, TIME_ZONE="UTC", DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
                       INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_shop"],
                       PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    django.setup()


def again(action):
    """A deadlock of neighbours in an index is nobody's fault: the transaction is to be repeated."""
    from django.db import OperationalError
    while True:
        try:
            return action()
        except OperationalError as error:
            if error.args[0] != 1213:
                raise


def one_round(number, turn):
    from django.contrib.auth.models import User
    from django.db import IntegrityError, transaction
    from django.db.models import F, Sum
    from django.utils import timezone
    from django_shop.models import Item, Order

    user = User.objects.create_user(f"user{number}.{turn}", password="x")
    assert User.objects.get(username=user.username).check_password("x")
    with transaction.atomic():
        order = Order.objects.create(user=user, made=timezone.now(), note="naïve ☃")
        Item.objects.bulk_create([Item(order=order, name=f"item {i}", price=i, data={"i": i}) for i in range(4)])
        try:
            with transaction.atomic():
                User.objects.create(username=user.username)
            raise AssertionError("a second user of this name")
        except IntegrityError:
            pass
        locked = Order.objects.select_for_update().get(pk=order.pk)
        locked.note = "locked"
        locked.save()
    try:
        with transaction.atomic():
            Item.objects.filter(order=order).update(price=F("price") + 100)
            raise KeyError
    except KeyError:
        pass
    assert Item.objects.filter(order=order).aggregate(Sum("price"))["price__sum"] == 6
    item, created = Item.objects.get_or_create(order=order, name="item 9", defaults={"price": 9, "data": None})
    assert created and item.pk
    again(lambda: Item.objects.update_or_create(order=order, name="item 9", defaults={"price": 10}))
    assert [i.data["i"] for i in order.items.filter(data__i__gte=2).order_by("id").iterator()] == [2, 3]
    assert Order.objects.select_related("user").prefetch_related("items").get(pk=order.pk).user.username == user.username
    assert Order.objects.filter(made__date=order.made.date(), user=user).exists()
    again(lambda: order.items.order_by("-id").first().delete())
    assert order.items.count() == 4


def work(number, problems):
    from django.db import connection
    try:
        for turn in range(ROUNDS):
            one_round(number, turn)
    except Exception as error:
        problems.append(error)
        raise
    finally:
        connection.close()


def main(*account):
    configure(*account)
    from django.core.management import call_command
    from django_shop.models import Item
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
    problems = []
    threads = [threading.Thread(target=work, args=(i, problems)) for i in range(SESSIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems and Item.objects.count() == SESSIONS * ROUNDS * 4, problems
    call_command("migrate", "django_shop", "zero", verbosity=0)
    print("ok")


if __name__ == "__main__":
    main(*sys.argv[1:])
