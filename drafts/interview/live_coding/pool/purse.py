"""Accounts and the money on them."""

from pool.problem import Change, Problem

CORE = {
    "__init__": '''
    def __init__(self) -> None:
        self._money: dict[str, int] = {}
''',
    "open": '''
    @change
    def open(self, name: str) -> None:
        """Open an account."""
        if name in self._money:
            raise ValueError("there is such an account")
        self._money[name] = 0
''',
    "deposit": '''
    @change
    def deposit(self, name: str, amount: int) -> None:
        """Pay money in."""
        if amount < 1:
            raise ValueError("amount must be at least 1")
        self._money[name] = self.balance(name) + amount
''',
    "withdraw": '''
    @change
    def withdraw(self, name: str, amount: int) -> None:
        """Pay money out."""
        if not 1 <= amount <= self.balance(name):
            raise ValueError("there is not that much")
        self._money[name] -= amount
''',
    "balance": '''
    def balance(self, name: str) -> int:
        """Return what is on an account."""
        if name not in self._money:
            raise ValueError("there is no such account")
        return self._money[name]
''',
}

TRANSFERS = Change(
    brief="""
Money moves between accounts, and the bank takes a fee:

- `transfer(giver: str, taker: str, amount: int) -> int` moves `amount` (at least 1) from one account to a different one and returns the fee, which the
  giver pays besides: a tenth of the amount, rounded up. The giver must have both.
- `fees() -> int` returns what the bank has taken in all.
""",
    methods={
        "__init__": CORE["__init__"] + "        self._fees = 0\n",
        "transfer": '''
    @change
    def transfer(self, giver: str, taker: str, amount: int) -> int:
        """Move money, for a fee."""
        fee = -(-amount // 10)
        if giver == taker or amount < 1 or self.balance(giver) < amount + fee:
            raise ValueError("it cannot be moved")
        self.deposit(taker, amount)
        self.withdraw(giver, amount + fee)
        self._fees += fee
        return fee
''',
        "fees": '''
    def fees(self) -> int:
        """Return what the bank has taken."""
        return self._fees
''',
    },
    steps=(("transfer", "name name amount"), ("fees", "")),
    prefix=[["open", ["x"]], ["open", ["y"]], ["deposit", ["x", 60]], ["transfer", ["x", "y", 11]], ["transfer", ["x", "y", 45]], ["balance", ["x"]],
            ["balance", ["y"]], ["transfer", ["x", "x", 1]], ["fees", []]],
    flaws={"the_fee_is_rounded_down": {"transfer": '''
    @change
    def transfer(self, giver: str, taker: str, amount: int) -> int:
        """Move money, for a fee."""
        fee = amount // 10
        if giver == taker or amount < 1 or self.balance(giver) < amount + fee:
            raise ValueError("it cannot be moved")
        self.deposit(taker, amount)
        self.withdraw(giver, amount + fee)
        self._fees += fee
        return fee
'''}},
)

CREDIT = Change(
    brief="""
Some accounts may go below zero:

- `credit(name: str, limit: int) -> None` says how far (0 or more) an account may go below zero. It is refused while the account is further below than that.
- `owed() -> int` returns how much all accounts that are below zero are below it, together.

`withdraw` goes as far as the limit. `balance` may be negative.
""",
    methods={
        "__init__": CORE["__init__"] + "        self._limits: dict[str, int] = {}\n",
        "withdraw": '''
    @change
    def withdraw(self, name: str, amount: int) -> None:
        """Pay money out, as far as the limit."""
        if not 1 <= amount <= self.balance(name) + self._limits.get(name, 0):
            raise ValueError("there is not that much")
        self._money[name] -= amount
''',
        "credit": '''
    @change
    def credit(self, name: str, limit: int) -> None:
        """Say how far an account may go below zero."""
        if limit < 0 or self.balance(name) < -limit:
            raise ValueError("the account is further below")
        self._limits[name] = limit
''',
        "owed": '''
    def owed(self) -> int:
        """Return how much is below zero."""
        return -sum(min(0, money) for money in self._money.values())
''',
    },
    steps=(("credit", "name small"), ("owed", "")),
    prefix=[["open", ["x"]], ["credit", ["x", 5]], ["deposit", ["x", 3]], ["withdraw", ["x", 9]], ["withdraw", ["x", 8]], ["owed", []], ["credit", ["x", 4]],
            ["balance", ["x"]]],
    flaws={"the_limit_may_fall_below_the_debt": {"credit": '''
    @change
    def credit(self, name: str, limit: int) -> None:
        """Say how far an account may go below zero."""
        if limit < 0 or name not in self._money:
            raise ValueError("limit must be 0 or more")
        self._limits[name] = limit
'''}},
)

POTS = Change(
    brief="""
Money is put aside for a purpose:

- `save(name: str, pot: str, amount: int) -> None` puts `amount` (at least 1) of what is on an account into one of its pots, which begins with it.
- `spend(name: str, pot: str) -> int` empties a pot of an account back onto the account, and returns how much that was. A pot that has nothing is refused.
- `pots(name: str) -> dict[str, int]` returns what is in each pot of an account that has something.

`balance` is without what is in pots, and so is what can be paid out.
""",
    methods={
        "__init__": CORE["__init__"] + "        self._pots: dict[tuple[str, str], int] = {}\n",
        "save": '''
    @change
    def save(self, name: str, pot: str, amount: int) -> None:
        """Put money into a pot."""
        self.withdraw(name, amount)
        self._pots[name, pot] = self._pots.get((name, pot), 0) + amount
''',
        "spend": '''
    @change
    def spend(self, name: str, pot: str) -> int:
        """Empty a pot."""
        if (name, pot) not in self._pots:
            raise ValueError("there is nothing in it")
        amount = self._pots.pop((name, pot))
        self.deposit(name, amount)
        return amount
''',
        "pots": '''
    def pots(self, name: str) -> dict[str, int]:
        """Return what is in each pot."""
        self.balance(name)
        return {pot: amount for (owner, pot), amount in self._pots.items() if owner == name}
''',
    },
    steps=(("save", "name article amount"), ("spend", "name article"), ("pots", "name")),
    prefix=[["open", ["x"]], ["open", ["y"]], ["deposit", ["x", 50]], ["save", ["x", "a", 30]], ["withdraw", ["x", 21]], ["pots", ["x"]], ["pots", ["y"]],
            ["save", ["x", "a", 5]], ["spend", ["x", "a"]], ["balance", ["x"]]],
    flaws={"pots_are_shared": {"pots": '''
    def pots(self, name: str) -> dict[str, int]:
        """Return what is in each pot."""
        self.balance(name)
        return {pot: amount for (_, pot), amount in self._pots.items()}
'''}},
)

PROBLEM = Problem(
    kind="Purse",
    title="Accounts and money",
    brief="""
`Purse()` begins without accounts. Accounts are named by text, amounts are whole numbers.

- `open(name: str) -> None` opens an account with nothing on it. A name is used once.
- `deposit(name: str, amount: int) -> None` pays `amount` (at least 1) in.
- `withdraw(name: str, amount: int) -> None` pays `amount` (at least 1) out, no more than there is.
- `balance(name: str) -> int` returns what is on an account; one that was never opened is refused, here and everywhere.
""",
    methods=CORE,
    steps=(("deposit", "name amount"), ("open", "name"), ("withdraw", "name amount"), ("balance", "name")),
    prefix=[["open", ["x"]], ["deposit", ["x", 9]], ["withdraw", ["x", 10]], ["withdraw", ["x", 9]], ["open", ["x"]], ["balance", ["x"]], ["deposit", ["z", 1]],
            ["deposit", ["x", 0]]],
    changes={"transfers": TRANSFERS, "credit": CREDIT, "pots": POTS},
    flaws={"opened_twice": {"open": CORE["open"].replace("if name in self._money:", "if not name:")}},
)
