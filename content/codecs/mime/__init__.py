"""MIME entities: the message that a SubmitReq carries, written strictly and read tolerantly."""

from content.codecs.mime.reading import decode_body, decode_entity, parse_content_type, related_of
from content.codecs.mime.structs import Entity, Part, Related, bare_id, decode_text
from content.codecs.mime.writing import around_parts, choose_boundary, encode_related

__all__ = [
    "Entity",
    "Part",
    "Related",
    "around_parts",
    "bare_id",
    "choose_boundary",
    "decode_body",
    "decode_entity",
    "decode_text",
    "encode_related",
    "parse_content_type",
    "related_of",
]
