"""The rules for the skills of the area Production Excellence."""

from __future__ import annotations

import ast
import builtins
import re

from grader.inside.inventory.skill_rule import FunctionNode, Sign, SignContext, SkillRule, last, methods_of, sees, weak

LOGGERS = re.compile(r"_*(log|logger)$", re.IGNORECASE)
LEVELS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "msg"})
LOG_CLASSES = re.compile(r"logging\.(handlers\.\w*Handler|\w*Handler|Formatter|Filter|LoggerAdapter|Logger)$")
METRIC_CLASS = re.compile(r"(Metrics?|Counter|Histogram|Gauge|HealthChecks?|Tracer|Monitor|Telemetry)$")
HEALTH = re.compile(r"_*(health|healthz|health_?check|liveness|readiness|livez|readyz|metrics)(_\w+)?$")
STATISTICS = re.compile(r"_*(hits?|misses|failures|retries|requests|attempts|dropped|evictions)(_count|_total)?$")
RETRY = re.compile(r"(^|_)(retry|retries|backoff|back_off|circuit|breaker|fallback)(_|$)")
RETRY_CLASS = re.compile(r"Retry|Retrying|Backoff|CircuitBreaker|Fallback")
BUILTIN_ERRORS = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
)
ERROR_NAME = re.compile(r"(Error|Exception|Failure|Warning)$")
GUARDS = re.compile(
    r"(^|_)(authenticate\w*|authoriz\w*|permissions?|csrf|sanitiz\w*|login_required|auth|verify_(signature|password|token)"
    r"|check_password|encrypt|decrypt|is_safe_(path|url)|safe_join)(_|$)"
)
GUARD_CLASS = re.compile(r"(Auth|Authentication|Permissions?|Csrf\w*|CSRF\w*|Signer|Cipher|Encrypt\w*)$")
SETTINGS_CLASS = re.compile(r"(Settings|Configuration|Config)$")
LOADERS = re.compile(
    r"(load|read|parse|get)_(config|configuration|settings|env|environment)|from_(env|environ|config|toml)"
)


class Logging(SkillRule):
    """A logger and the calls of it, a logging library, or handlers, formatters and filters."""

    skill = "Logging"
    why = (
        "The skill counts as used in at least three places. `print` does not count; JSON and correlation IDs are left "
        "for a reader to find."
    )
    enough = 3
    uses = {
        "logging.getLogger": "logger",
        "logging.config.*": "configuration of logging",
        "structlog.*": "structlog",
        "loguru.*": "loguru",
        "pythonjsonlogger.*": "JSON logs",
    }
    touches = {f"logging.{name}": "root logger" for name in ("debug", "info", "warning", "error", "basicConfig")}
    VALID = (
        "import logging\nlog = logging.getLogger(__name__)",
        "def f(self):\n    self._logger.info('saved', extra={'id': 1})",
        "import logging\nclass Json(logging.Formatter):\n    def format(self, record): return ''",
    )
    INVALID = ("import logging", "print('saved')", "import logging\nlogging.info('x')", "import math\nmath.log(1)")

    @sees(ast.Call)
    def logs(self, node: ast.Call, at: SignContext) -> Sign | None:
        """Recognise calls that log."""
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in LEVELS:
            return None
        owner = node.func.value
        name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
        known = LOGGERS.search(name) and at.aliases.get(name, "") not in {"math.log", "logging"}
        return Sign(f"logs: {node.func.attr}") if known else None

    @sees(ast.ClassDef)
    def defined(self, node: ast.ClassDef, at: SignContext) -> Sign | None:
        """Recognise classes that are part of a logging system."""
        is_part = any(LOG_CLASSES.search(base) for base in at.bases(node))
        return Sign(f"{node.name} for logging") if is_part else None


class Monitoring(SkillRule):
    """Metrics, traces, health checks, error reporting, or statistics that the code keeps about its own work."""

    skill = "Monitoring"
    why = "Letting people watch the code at work is the skill. Counting things for the result itself is not monitoring."
    uses = {
        f"{name}.*": name
        for name in (
            *("prometheus_client", "opentelemetry", "statsd", "aiodogstatsd", "datadog", "ddtrace", "sentry_sdk"),
            *("newrelic", "elasticapm", "aioprometheus", "starlette_prometheus", "logfire"),
        )
    }
    touches = {"psutil.*": "psutil", "resource.getrusage": "resource usage"}
    VALID = (
        "from prometheus_client import Counter\nREQUESTS = Counter('requests', 'all')",
        "class Metrics:\n    def observe(self, name, value): ...",
        "def healthz(request):\n    return 200",
        "class Cache:\n    def get(self, key):\n        self.hits += 1",
    )
    INVALID = ("import prometheus_client", "from collections import Counter\nCounter('abc')", "count = 0\ncount += 1")

    @sees(ast.ClassDef)
    def defined(self, node: ast.ClassDef, _at: SignContext) -> Sign | None:
        """Recognise classes that are instruments."""
        return Sign(f"instrument {node.name}") if METRIC_CLASS.search(node.name) and methods_of(node) else None

    @sees(ast.FunctionDef, ast.AsyncFunctionDef)
    def health(self, node: FunctionNode, _at: SignContext) -> Sign | None:
        """Recognise health checks and similar functions."""
        if HEALTH.fullmatch(node.name):
            return Sign(f"{node.name}")
        return weak(f"{node.name}") if "monitor" in node.name or "trac" in node.name.split("_") else None

    @sees(ast.AugAssign)
    def counted(self, node: ast.AugAssign, _at: SignContext) -> Sign | None:
        """Recognise statistics that the code keeps about its own work."""
        target = node.target
        if isinstance(target, ast.Attribute) and STATISTICS.fullmatch(target.attr.lstrip("_")):
            return Sign(f"counts {target.attr}")
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute):
            return Sign(f"counts in {target.value.attr}") if re.search("stat(istic)?s$", target.value.attr) else None
        return None


class ErrorHandling(SkillRule):
    """Custom exception hierarchies, `raise ... from`, retries and back-off, circuit breakers, exception groups."""

    skill = "Error Handling"
    why = (
        "The skill counts as used in at least three places. Catching an exception, or defining an exception outside a "
        "hierarchy, only touches it."
    )
    enough = 3
    uses = {
        "tenacity.*": "retry",
        "backoff.*": "back-off",
        "stamina.*": "retry",
        "pybreaker.*": "circuit breaker",
        "urllib3.util.Retry": "retry",
        "urllib3.util.retry.Retry": "retry",
    }
    touches = {"contextlib.suppress": "suppress"}
    VALID = (
        "def f(x):\n    try:\n        g(x)\n    except KeyError as error:\n        raise ValueError(x) from error",
        "class AppError(Exception): ...\nclass NotFoundError(AppError): ...",
        "def retry(times): ...",
        "class CircuitBreaker:\n    def call(self, f): ...",
    )
    INVALID = (
        "class AppError(Exception): ...",
        "try:\n    f()\nexcept ValueError:\n    pass",
        "import tenacity",
    )

    @sees(ast.Raise)
    def chained(self, node: ast.Raise, _at: SignContext) -> Sign | None:
        """Recognise causes that are stated, or left out with `from None`."""
        return Sign("raise ... from") if node.cause is not None else None

    @sees(ast.ClassDef)
    def hierarchy(self, node: ast.ClassDef, at: SignContext) -> Sign | None:
        """Recognise exception classes; those that derive from another custom exception are strong signs."""
        bases = [last(base) for base in at.bases(node)]
        if any(ERROR_NAME.search(base) and base not in BUILTIN_ERRORS for base in bases):
            return Sign(f"exception {node.name} below {bases[0]}")
        if RETRY_CLASS.search(node.name) and methods_of(node):
            return Sign(f"{node.name}")
        return weak(f"exception {node.name}") if BUILTIN_ERRORS.intersection(bases) else None

    @sees(ast.FunctionDef, ast.AsyncFunctionDef)
    def again(self, node: FunctionNode, _at: SignContext) -> Sign | None:
        """Recognise retries and fallbacks."""
        return Sign(f"{node.name}") if RETRY.search(node.name) else None

    @sees(ast.TryStar)
    def group(self, _node: ast.TryStar, _at: SignContext) -> Sign:
        """Recognise handlers of exception groups."""
        return Sign("except*")

    @sees(ast.ExceptHandler)
    def caught(self, node: ast.ExceptHandler, _at: SignContext) -> Sign | None:
        """Recognise handlers of specific exceptions."""
        return weak("except") if node.type is not None else None


class SecuritySkill(SkillRule):
    """Signing, secrets, password hashing, TLS, authentication and permissions, escaping, checks of hostile input."""

    skill = "Security"
    why = (
        "The skill counts as used in at least two places. A hash alone only touches it; the quality section counts the "
        "code's weaknesses."
    )
    enough = 2
    uses = {
        "hmac.*": "HMAC",
        "secrets.*": "secrets",
        "hashlib.pbkdf2_hmac": "password hashing",
        "hashlib.scrypt": "password hashing",
        "ssl.*": "TLS",
        "html.escape": "escaping",
        "markupsafe.*": "escaping",
        "shlex.quote": "escaping",
        "defusedxml.*": "defused XML",
        **{
            f"{name}.*": name
            for name in ("jwt", "jose", "cryptography", "nacl", "passlib", "bcrypt", "argon2", "bleach")
        },
        **{f"{name}.*": name for name in ("itsdangerous", "authlib", "oauthlib", "Crypto", "Cryptodome", "nh3")},
        "django.contrib.auth.*": "authentication",
        "flask_login.*": "authentication",
        "fastapi.security.*": "authentication",
    }
    touches = {"hashlib.*": "hash", "getpass.*": "password prompt", "ast.literal_eval": "literal_eval"}
    VALID = (
        "import hmac\nhmac.compare_digest(b'a', b'b')",
        "from html import escape\nescape('<')",
        "class BasicAuth:\n    def check(self, request): ...",
        "def check_permissions(user): ...",
    )
    INVALID = ("import hmac", "import hashlib\nhashlib.sha256(b'x')", "def author(name): ...")

    @sees(ast.ClassDef)
    def defined(self, node: ast.ClassDef, _at: SignContext) -> Sign | None:
        """Recognise classes that authenticate, authorise, sign or encrypt."""
        return Sign(f"{node.name}") if GUARD_CLASS.search(node.name) and methods_of(node) else None

    @sees(ast.FunctionDef, ast.AsyncFunctionDef)
    def guards(self, node: FunctionNode, _at: SignContext) -> Sign | None:
        """Recognise functions that authenticate, authorise, sanitise or encrypt."""
        return Sign(f"{node.name}") if GUARDS.search(node.name) else None


class ConfigurationSkill(SkillRule):
    """Settings from the environment or from files, or the settings classes of a configuration library."""

    skill = "Configuration"
    why = "The skill counts as used in at least two places. A class called Config that nothing loads only touches it."
    enough = 2
    uses = {
        "os.environ": "environment",
        "os.getenv": "environment",
        "os.environb": "environment",
        "configparser.*": "configuration file",
        "tomllib.*": "configuration file",
        "tomli.*": "configuration file",
        **{
            f"{name}.*": name for name in ("pydantic_settings", "dynaconf", "decouple", "environs", "dotenv", "confuse")
        },
        "pydantic.BaseSettings": "pydantic settings",
        "starlette.config.*": "starlette.config",
        "hydra.*": "hydra",
    }
    VALID = (
        "import os\nDEBUG = os.environ.get('DEBUG')",
        "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    debug: bool = False",
        "def load_settings(path): ...",
        "import click\n@click.option('--key', envvar='KEY')\ndef main(key): ...",
    )
    INVALID = ("import os", "class Config:\n    debug = True", "DEBUG = True")

    @sees(ast.ClassDef)
    def defined(self, node: ast.ClassDef, _at: SignContext) -> Sign | None:
        """Recognise settings classes."""
        return weak(f"{node.name}") if SETTINGS_CLASS.search(node.name) else None

    @sees(ast.FunctionDef, ast.AsyncFunctionDef)
    def loads(self, node: FunctionNode, _at: SignContext) -> Sign | None:
        """Recognise functions that load settings."""
        return Sign(f"{node.name}") if LOADERS.search(node.name) else None

    @sees(ast.keyword)
    def variable(self, node: ast.keyword, _at: SignContext) -> Sign | None:
        """Recognise options that the environment can set."""
        is_named = node.arg in {"envvar", "env_prefix"} and not _is_nothing(node.value)
        return Sign("option from the environment", line=node.value.lineno) if is_named else None


def _is_nothing(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


RULES = (Logging, Monitoring, ErrorHandling, SecuritySkill, ConfigurationSkill)
