"""An ABCI 2.0 server: it lets an engine such as CometBFT run an application written in Python.

- It knows nothing of registers: it imports the standard library and `protobuf`, and no other part
  of Muniment imports into it. It could be lifted out as it stands.
- `application.py` is what you subclass, `server.py` what you start, `messages.py` and `values.py`
  what travels; `wire.py` builds the classes, `framing.py` splits the stream.
"""
