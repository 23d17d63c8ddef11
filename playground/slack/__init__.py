"""A strict stand-in for Slack: the Web API, Socket Mode, signed events, interactions and OAuth of one app.

docs/stand-in-slack.md tells what is there, method by method, and which test proves it. Not there: Enterprise Grid,
Slack Connect (except for its file stubs), user tokens, `assistant_view`. Blocks whose form the reference does not tell
in full (video, file, call) are refused. The advice to update a message at most every three seconds is not enforced:
Slack itself does not.
"""

from playground.slack.calls import Call
from playground.slack.deliveries import Delivery
from playground.slack.errors import NotPossible
from playground.slack.messages import Message
from playground.slack.places import Channel, Person
from playground.slack.stand_in import SlackStandIn

__all__ = ["Call", "Channel", "Delivery", "Message", "NotPossible", "Person", "SlackStandIn"]
