"""Every method of every service that `protos/` declares."""

from __future__ import annotations

import importlib
from pathlib import Path

from google.protobuf.descriptor import MethodDescriptor

import oncordia


def _methods() -> dict[str, MethodDescriptor]:
    (root,) = (Path(path) for path in oncordia.__path__)
    files = (path.relative_to(root.parent).with_suffix("") for path in sorted(root.rglob("*_pb2.py")))
    modules = [importlib.import_module(".".join(file.parts)) for file in files]
    services = [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]
    return {f"{service.name}.{method.name}": method for service in services for method in service.methods}


METHODS = _methods()
"""By `Service.Method`."""
