"""A strict stand-in for Slack: the Web API, Socket Mode, signed events and interactions of one app in one workspace.

Not there: OAuth and token rotation, Enterprise Grid, Slack Connect (except for its file stubs), `assistant_view`,
`blocks.validate`, subscriptions that Slack switches off after many failures. Blocks whose form the reference does not
tell in full (card, carousel, container, video) are refused. The advice to update a message at most every three seconds
is not enforced: Slack itself does not.
"""

from playground.slack.calls import Call
from playground.slack.deliveries import Delivery
from playground.slack.errors import NotPossible
from playground.slack.messages import Message
from playground.slack.places import Channel, Person
from playground.slack.stand_in import SlackStandIn

__all__ = ["Call", "Channel", "Delivery", "Message", "NotPossible", "Person", "SlackStandIn"]
