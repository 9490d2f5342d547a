"""`/api/v1`: what other systems may ask and do, as JSON.

One table of operations (`operations`) makes the routes, their checks and the OpenAPI
document. `frame` is the edge: token, scope, rate, Idempotency-Key, errors as
problem+json. An operation is a plain function from a `Call` to a `Reply`; it runs in
a thread and calls one service.
"""
