"""What a handset needs to fetch and send MMS: an access point, a proxy and the address of the MMSC.

Spec: OMA-WAP-TS-ProvCont-V1_1 5.3 (PXLOGICAL, NAPDEF, APPLICATION); OMA-SUP-AC_w4 (the application characteristic of MMS).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from delivery.codecs.provisioning.structs import Characteristic, Parm, ProvisioningDocument

MMS_APPLICATION: Final = "w4"


@dataclass(frozen=True, slots=True)
class MMSSettings:
    """Of one operator.

    Attributes:
        name: what the handset shows for them.
        apn: the access point's name.
        proxy: an IPv4 address, "" where the MMSC is reached without one; `proxy_port` is its TCP port.
        mmsc: the MMSC's address, http://….
    """

    name: str
    apn: str
    mmsc: str
    proxy: str = ""
    proxy_port: int = 80


def mms_document(settings: MMSSettings) -> ProvisioningDocument:
    """The document that sets MMS up; its parts refer to each other by the access point's name."""
    napid, proxy_id = settings.apn, f"{settings.apn}-mms"
    access = Characteristic(
        "NAPDEF",
        (Parm("NAPID", napid), Parm("NAME", settings.name), Parm("BEARER", "GSM-GPRS"), Parm("NAP-ADDRESS", settings.apn), Parm("NAP-ADDRTYPE", "APN")),
    )
    to_proxy = Parm("TO-PROXY", proxy_id) if settings.proxy else Parm("TO-NAPID", napid)
    application = Characteristic("APPLICATION", (Parm("APPID", MMS_APPLICATION), Parm("NAME", settings.name), to_proxy, Parm("ADDR", settings.mmsc)))
    if not settings.proxy:
        return ProvisioningDocument((access, application))
    port = Characteristic("PORT", (Parm("PORTNBR", str(settings.proxy_port)),))
    physical = (Parm("PHYSICAL-PROXY-ID", proxy_id), Parm("PXADDR", settings.proxy), Parm("PXADDRTYPE", "IPV4"), Parm("TO-NAPID", napid))
    proxy = Characteristic("PXLOGICAL", (Parm("PROXY-ID", proxy_id),), (Characteristic("PXPHYSICAL", physical, (port,)),))
    return ProvisioningDocument((access, proxy, application))
