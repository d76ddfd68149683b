from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='Customer',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=200)),
                ('name', fields.CharField(db_default='', max_length=200)),
                ('avatar', fields.CharField(db_default='', max_length=1000)),
                ('unionid', fields.CharField(db_default='', max_length=100)),
                ('told_at', fields.BigIntField()),
            ],
            options={'table': 'wecom_customer', 'app': 'hub_wecom', 'pk_attr': 'key', 'table_description': 'What the platform told about a customer. The key is ``corp/external_userid``.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Happening',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=300)),
                ('at', fields.BigIntField()),
            ],
            options={'table': 'wecom_happening', 'app': 'hub_wecom', 'pk_attr': 'key', 'table_description': 'An event that had its effect, so that it has none when it is told again. The key is ``account/msgid``.'},
            bases=['Model'],
        ),
    ]
