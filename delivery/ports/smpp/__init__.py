"""SMPP 3.4 ports: binds to an SMSC, texts and WAP pushes out, receipts and readers' messages in."""
