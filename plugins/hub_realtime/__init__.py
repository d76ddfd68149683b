"""The realtime protocol of docs/realtime.md: streams with a sequence, resumed by a cursor; commands that happen once.

No plugin of its own: a package for plugins with pages. What a kind of page may see and do is its `Endpoint`'s to say;
`Realtime` brings it there.
"""

from hub_realtime.protocol import Endpoint, Hello, Party, Topic
from hub_realtime.realtime import Realtime
from hub_realtime.shapes import Json, author_shape, body_shape, message_shape

__all__ = ["Endpoint", "Hello", "Json", "Party", "Realtime", "Topic", "author_shape", "body_shape", "message_shape"]
