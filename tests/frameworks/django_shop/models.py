from django.contrib.auth.models import User
from django.db import models


class Order(models.Model):
    user = models.ForeignKey(User, models.CASCADE)
    made = models.DateTimeField()
    note = models.CharField(max_length=100, default="")


class Item(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    name = models.CharField(max_length=50)
    price = models.DecimalField(max_digits=9, decimal_places=2)
    data = models.JSONField(null=True)
