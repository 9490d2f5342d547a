"""Settings over the air: OMA client provisioning documents in WBXML, with the MAC that says who they are from."""

from delivery.codecs.provisioning.mms import MMSSettings, mms_document
from delivery.codecs.provisioning.push import PIN_DIGITS, Security, netwpin_key, read_provisioning, userpin_key, write_provisioning
from delivery.codecs.provisioning.reading import decode_provisioning
from delivery.codecs.provisioning.structs import Characteristic, Parm, ProvisioningDocument
from delivery.codecs.provisioning.wbxml import encode_provisioning

__all__ = [
    "PIN_DIGITS",
    "Characteristic",
    "MMSSettings",
    "Parm",
    "ProvisioningDocument",
    "Security",
    "decode_provisioning",
    "encode_provisioning",
    "mms_document",
    "netwpin_key",
    "read_provisioning",
    "userpin_key",
    "write_provisioning",
]
