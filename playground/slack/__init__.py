"""A strict stand-in for Slack: the Web API, Socket Mode, signed events and interactions of one app in one workspace."""

from playground.slack.calls import Call
from playground.slack.deliveries import Delivery
from playground.slack.errors import NotPossible
from playground.slack.messages import Message
from playground.slack.places import Channel, Person
from playground.slack.stand_in import SlackStandIn

__all__ = ["Call", "Channel", "Delivery", "Message", "NotPossible", "Person", "SlackStandIn"]
