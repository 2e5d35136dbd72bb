from django.db import migrations, models


def look(apps, _):
    assert not apps.get_model("django_shop", "Order").objects.exists()


class Migration(migrations.Migration):
    dependencies = [("django_shop", "0001_initial")]
    operations = [
        migrations.AddField("Order", "note", models.CharField(max_length=100, default="")),
        migrations.AddField("Item", "data", models.JSONField(null=True)),
        migrations.RenameField("Item", "label", "name"),
        migrations.AlterField("Item", "name", models.CharField(max_length=50)),
        migrations.AddIndex("Item", models.Index(fields=["name"], name="item_name")),
        migrations.RunPython(look, migrations.RunPython.noop),
    ]
