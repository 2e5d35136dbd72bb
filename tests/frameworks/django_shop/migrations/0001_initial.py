import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel("Order", [
            ("id", models.BigAutoField(primary_key=True)),
            ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ("made", models.DateTimeField()),
        ]),
        migrations.CreateModel("Item", [
            ("id", models.BigAutoField(primary_key=True)),
            ("order", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="items",
                                        to="django_shop.order")),
            ("label", models.CharField(max_length=30)),
            ("price", models.DecimalField(max_digits=9, decimal_places=2)),
        ]),
    ]
