"""The reference writer's options, as the service names them."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping

# Device properties and the service's options that mean the same.
SAME = {
    "keepshape": "keep-shape",
    "multivalue_positioners": "multivalue-positioners",
    "noconfig": "generic",
    "required_disk_space": "required-disk-space",
    "recommended_disk_space": "recommended-disk-space",
}


def service_options(properties: Mapping[str, Any]) -> Dict[str, Any]:
    """What to send for the properties that are set (not None); the service's configuration has the rest."""
    options = {option: properties[name] for name, option in SAME.items() if properties.get(name) is not None}
    if properties.get("copy_non_external"):
        options["images"] = "copy"
    elif properties.get("disable_external_hdf5"):
        options["images"] = "none"
    return options


def warnings(properties: Mapping[str, Any]) -> List[str]:
    """A sentence for each property that cannot be followed."""
    found = []
    if properties.get("stackmca"):
        found.append("The property stackmca has no effect: each MCA has its own group.")
    if properties.get("enable_external_nonhdf5"):
        found.append("The property enable_external_nonhdf5 has no effect: EDF images are named, or copied.")
    if properties.get("disable_external_hdf5") and properties.get("copy_non_external"):
        found.append("The property disable_external_hdf5 has no effect with copy_non_external.")
    return found


def beacon_fault(beacon_host: str) -> str:
    """Why this process belongs to another Beacon than the device; empty when it does not."""
    here = os.environ.get("BEACON_HOST", "")
    if not beacon_host or not here or beacon_host.strip() == here.strip():
        return ""
    return (
        f"The property beacon_host is {beacon_host}, but BEACON_HOST of this server is {here}: "
        "correct one of them and start the server again."
    )
