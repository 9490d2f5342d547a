"""MM1: the PDU that a handset gets (OMA MMS encapsulation), M-Retrieve.conf first of all."""

from content.codecs.mm1.decode import decode_pdu
from content.codecs.mm1.encode import encode_retrieve_conf
from content.codecs.mm1.structs import OtherPDU, RetrieveConf

__all__ = ["OtherPDU", "RetrieveConf", "decode_pdu", "encode_retrieve_conf"]
