"""What readers read: publications, editions, their pictures and slides, and the MMS and WAP payloads made of them."""
