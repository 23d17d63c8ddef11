from adapters.slack import SlackAdapter, SlackConfig
from bot.service.clock import SystemClock
from bot.service.metrics import PrometheusMeter
from bot.service.sending_only import SendingOnly
from tests.unit.test_service import Diary, Stage


async def test_it_connects_in_order_to_send_and_offers_no_way_in() -> None:
    slack = SlackAdapter(SlackConfig("xoxb-1", signing_secret="s" * 32), SystemClock(), PrometheusMeter())
    assert slack.routes()
    assert SendingOnly(slack).routes() == []
    diary = Diary()
    half = SendingOnly(diary)
    await half.start(Stage().world.engine)
    await half.start_sending()
    assert diary.lines == ["adapter starts to send"] * 2


async def test_otherwise_it_is_the_adapter() -> None:
    diary = Diary()
    half = SendingOnly(diary)
    assert (half.ready(), half.remark(), await half.check()) == (None, None, [])
    assert half.messenger.platform == "memory"
    await half.stop_intake()
    await half.close()
    assert diary.lines == ["intake stops", "adapter closes"]
