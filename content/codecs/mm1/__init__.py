"""MM1: the PDU that a handset gets (OMA MMS encapsulation), M-Retrieve.conf first of all."""

from content.codecs.mm1.structs import OtherPDU, RetrieveConf

__all__ = ["OtherPDU", "RetrieveConf"]
