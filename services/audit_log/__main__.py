"""`python -m audit_log` serves; `migrate` brings its tables up to date."""

from audit_log.bootstrap import build
from audit_log.settings import AuditLogSettings
from kit.service import main

main("audit_log", AuditLogSettings, build)
