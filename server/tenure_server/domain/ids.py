"""The ids of the domain as distinct types, so that a mixed-up id is a type error and not a wipe.

Pure: no I/O, no clock.
"""

from typing import NewType

MunicipalityId = NewType("MunicipalityId", str)
PersonId = NewType("PersonId", str)
"""The register's own id of a person (`person_ext_id`); never a national identifier."""
BodyId = NewType("BodyId", str)
LocationId = NewType("LocationId", str)
Serial = NewType("Serial", str)
"""The serial number that a laptop's firmware shows."""
DeviceId = NewType("DeviceId", str)
"""An enrolled laptop's id; survives re-enrolment, unlike its key and epoch."""
KeyThumbprint = NewType("KeyThumbprint", str)
"""Lower-case hex SHA-256 over a public key's DER SubjectPublicKeyInfo."""
LockId = NewType("LockId", str)
CaseId = NewType("CaseId", str)
ManifestId = NewType("ManifestId", str)
UserId = NewType("UserId", str)
