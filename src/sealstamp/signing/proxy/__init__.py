"""A local proxy that signs what is sent through it, for tools that cannot sign.

::

    gate.py         which requests are let through: any page in a browser on this machine can send some
    forwarding.py   one request, signed and sent on; its answer
    connection.py   one client's connection, read and written by h11
    running.py      listening
    certificate.py  a certificate for ``sealstamp curl``, whose client speaks TLS to it
"""
