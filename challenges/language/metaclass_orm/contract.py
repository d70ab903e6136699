"""Typed usage of `orm`: every line type-checks under mypy --strict, and every `type: ignore` marks misuse that must
be an error.
"""

from typing import Any, assert_type

from orm import EmailField, Field, IntegerField, Model, StringField, ValidationError


class User(Model):
    name = StringField(max_length=100, required=True)
    email = EmailField()
    age = IntegerField(min_value=0, max_value=150, default=18)


class Staff(User):
    age = IntegerField(min_value=18, required=True, default=lambda: 18)
    room = StringField(default="A1")


class EvenField(IntegerField):
    def validate(self, value: Any) -> None:
        super().validate(value)
        if value % 2:
            raise ValidationError(self.name, "must be even")


class Pair(Model):
    number = EvenField(default=2, max_value=10)


def reads_values(user: User, staff: Staff, pair: Pair) -> None:
    assert_type(user.name, str | None)
    assert_type(user.email, str | None)
    assert_type(user.age, int | None)
    assert_type(staff.name, str | None)
    assert_type(staff.age, int | None)
    assert_type(pair.number, int | None)


def reads_fields() -> None:
    assert_type(User.name, StringField)
    assert_type(User.email, EmailField)
    assert_type(User.age, IntegerField)
    assert_type(Staff.name, StringField)
    assert_type(User.name.name, str)
    assert_type(User.name.required, bool)
    assert_type(User.name.max_length, int | None)
    assert_type(User.age.min_value, int | None)
    assert_type(User.age.max_value, int | None)


def makes_models() -> None:
    assert_type(User(name="Ada", email=None, age=36), User)
    assert_type(Staff(name="Ada"), Staff)
    User("Ada")  # type: ignore[call-arg]


def assigns(user: User, staff: Staff) -> None:
    user.name = "Grace"
    user.email = None
    user.age = 85
    staff.room = "B2"


def refuses_text_for_a_number(user: User) -> None:
    user.age = "36"  # type: ignore[assignment]


def refuses_a_number_for_text(user: User, staff: Staff) -> None:
    user.name = 1  # type: ignore[assignment]
    user.email = 2  # type: ignore[assignment]
    staff.name = b"Grace"  # type: ignore[assignment]


def lists_fields(model: type[Model]) -> list[str]:
    for name, field in model.fields().items():
        assert_type(name, str)
        assert_type(field.name, str)
        assert isinstance(field, Field)
    return list(User.fields())


def handles_errors(error: ValidationError) -> ValueError:
    assert_type(error.field, str)
    assert_type(error.message, str)
    return ValidationError("age", "is odd")


def refuses_unknown_options() -> None:
    StringField(min_length=3)  # type: ignore[call-arg]
    IntegerField(max_length=3)  # type: ignore[call-arg]
