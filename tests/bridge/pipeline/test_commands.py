"""Commands: how they are read, and what they do."""

import re

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from bridge.models import Conversation
from bridge.pipeline import commands
from bridge.pipeline.bots import command_table
from seats.models import Seat

pytestmark = pytest.mark.either

TABLE = {name: command for name, (_bot, command) in command_table().items()}


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("#transfer -n bob", "bob"),
        ("＃transfer -n bob", "bob"),
        ("#Transfor -n bob", "bob"),
        ("#Trasfor -n bob", "bob"),
        ("#转接 -n bob", "bob"),
        ("#转接 bob", "bob"),
        ('#transfer -n "售后 一组"', "售后 一组"),
        ("#transfer -n “售后 一组”", "售后 一组"),
        ("  #transfer   -n\u3000bob  ", "bob"),
    ],
)
def test_ways_to_write_transfer(text, target):
    assert commands.looks_like_command(text)
    parsed = commands.parse(text, TABLE)
    assert (parsed.error, parsed.arguments) == ("", {"target": target, "note": "", "conversation": ""})


@pytest.mark.parametrize(
    "text", ["#transfer", "#transfer -n", "#transfer -x bob", '#transfer -n "bob', "#quit now please"]
)
def test_wrong_commands_say_how_to_write_them(text):
    parsed = commands.parse(text, TABLE)
    assert parsed.error
    assert parsed.command.names[0] in parsed.error


def test_an_unknown_command_points_to_help():
    assert "#帮助" in commands.parse("#nonsense", TABLE).error


@pytest.mark.parametrize("text", ["hello", "##1 is right", "# heading", "#", "＃＃", ""])
def test_what_is_no_command(text):
    assert not commands.looks_like_command(text)


class Sample:
    """A bot with commands."""

    @commands.command(
        "say",
        "tell",
        flags=[commands.Flag("w", "words", "words", required=True, rest=True), commands.Flag("t", "to", "whom")],
    )
    def say(self, turn, words, to):
        """Say it."""

    @commands.command(
        "name",
        sides=["customer"],
        flags=[commands.Flag("n", "new", "name"), commands.Flag("t", "to", "whom")],
        remote=True,
    )
    def rename(self, turn, new, to, conversation):
        pass

    @commands.command("go")
    def go(self, turn):
        pass


SAMPLES = {name: one.command for one in (Sample.say, Sample.rename, Sample.go) for name in one.command.names}


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("#say it is Bob's turn", {"words": "it is Bob's turn", "to": ""}),
        ("#say -w it is -t bob", {"words": "it is", "to": "bob"}),
        ("#SAY “it  is”", {"words": "it  is", "to": ""}),
        ("#tell --words it", {"words": "it", "to": ""}),
        ("#name bob", {"new": "bob", "to": "", "conversation": ""}),
        ("#name -t bob -c 12", {"new": "", "to": "bob", "conversation": "12"}),
        ("#name bob -t carol", {"new": "bob", "to": "carol", "conversation": ""}),
        ("#go", {}),
    ],
)
def test_how_words_become_arguments(text, arguments):
    parsed = commands.parse(text, SAMPLES)
    assert (parsed.error, parsed.arguments) == ("", arguments)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("#nonsense and more", "There is no command #nonsense. #help lists them all."),
        ("#" + "x" * 31, f"There is no command #{'x' * 30}. #help lists them all."),
        ("#say", "#say: -w is missing\n#say -w <words> -t <whom> (#tell): Say it."),
        ("#tell -w", "#tell: "),
        ("#name a b", "#name: this was not understood: a b\n#name -n <name> -t <whom>: "),
        ("#name -x", "#name: this was not understood: -x\n"),
        ("#name -n a b", "#name: this was not understood: b\n"),
        ("#name 'a", "#name: a quotation mark is not closed\n"),
        ("#go now", "#go: this was not understood: now\n#go: "),
        ("#go -c 1", "#go: this was not understood: -c 1\n"),
        ("#go " + "x" * 101, f"#go: this was not understood: {'x' * 100}\n"),
    ],
)
def test_what_is_said_of_wrong_words(text, error):
    with override("en"):
        parsed = commands.parse(text, SAMPLES)
    assert parsed.error.startswith(error)
    assert parsed.arguments == {}


def test_who_may_give_a_command():
    assert [SAMPLES[name].sides for name in ("say", "name", "go")] == [("seat",), ("customer",), ("seat",)]
    assert [SAMPLES[name].remote for name in ("say", "name", "go")] == [False, True, False]
    assert [SAMPLES[name].method for name in ("say", "name", "go")] == ["say", "rename", "go"]
    with pytest.raises(commands.CommandError):
        commands.split_words("#x 'a")
    assert commands.split_words("#x 'a", free=True) == ["x", "'a"]


def test_a_doubled_sign_stands_for_itself():
    assert commands.unescape("##1") == "#1"
    assert commands.unescape("1#") == "1#"


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="\"'\\“”‘’"), min_size=1),
        max_size=5,
    )
)
def test_words_come_back(words):
    assert commands.split_words("#x " + " ".join(f'"{word}"' for word in words))[1:] == words


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_anything_after_the_sign_is_read_or_refused(text):
    if commands.looks_like_command("#" + text):
        parsed = commands.parse("#" + text, TABLE)
        assert parsed.command is TABLE.get(text.split(maxsplit=1)[0].lower())
        assert bool(parsed.error) is not (
            parsed.command is not None and parsed.arguments.keys() >= flags_of(parsed.command)
        )


def flags_of(command: commands.Command) -> set[str]:
    return {flag.name for flag in command.flags}


@pytest.fixture
def talking(site, platforms):
    """Alice has a conversation with the customer, who has said hello."""
    site.login("alice", "bob")
    site.customer_says("hello")
    site.work()
    return site


def test_transfer_takes_the_context_along(talking, platforms):
    talking.seat_says("how can I help?")
    talking.work()
    talking.seat_says("#transfer -n bob")
    talking.work()
    (context,) = platforms.to_seat("bob")
    lines = context.splitlines()
    assert "hello" in lines[1]
    assert "微信用户VJJE" in lines[1]
    assert "how can I help?" in lines[2]
    assert "alice" in lines[2]
    assert "bob" in platforms.to_seat("alice")[-1]
    talking.customer_says("and now?")
    talking.work()
    assert platforms.to_seat("bob")[-1] == "and now?"
    talking.seat_says("from bob", seat="bob")
    talking.seat_says("from alice", seat="alice")
    talking.work()
    assert platforms.to_customer() == ["how can I help?", "from bob"]
    talking.alice.refresh_from_db()
    talking.bob.refresh_from_db()
    assert (talking.alice.load, talking.bob.load) == (0, 1)


def test_transfer_to_a_group_by_slug_and_by_name(talking, platforms):
    talking.seat_says("#transfer -n 售后")
    talking.work()
    assert "hello" in platforms.to_seat("bob")[0]


def test_transfer_to_nobody_changes_nothing(talking, platforms):
    talking.seat_says("#transfer -n nobody")
    talking.work()
    assert "nobody" in platforms.to_seat("alice")[-1]
    talking.bob.capacity = 0
    talking.bob.save()
    talking.seat_says("#transfer -n bob")
    talking.work()
    assert "bob" in platforms.to_seat("alice")[-1]
    talking.customer_says("still here?")
    talking.work()
    assert platforms.to_seat("alice")[-1] == "still here?"
    assert platforms.to_customer() == []


def test_transfer_to_a_busy_group_waits_there(talking, platforms):
    talking.bob.capacity = 0
    talking.bob.save()
    talking.seat_says("#transfer -n care")
    talking.work()
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.group, conversation.mode) == ("queued", "care", "stack")
    talking.customer_says("while waiting")
    talking.work()
    talking.bob.capacity = 1
    talking.bob.save()
    talking.login("bob")
    assert platforms.to_seat("bob")[-1] == "while waiting"
    assert "hello" in platforms.to_seat("bob")[0]


@pytest.mark.parametrize("text", ["#nonsense", "#transfer", "＃转接", "#transfer -x 1"])
def test_bad_commands_answer_the_seat_and_never_reach_the_customer(talking, platforms, text):
    talking.seat_says(text)
    talking.work()
    assert platforms.to_customer() == []
    assert platforms.to_seat("alice")[-1].startswith("【系统】")


def test_a_seat_can_write_a_sign(talking, platforms):
    talking.seat_says("##1 is the best")
    talking.work()
    assert platforms.to_customer() == ["#1 is the best"]


def test_a_customers_hashtag_is_a_message(talking, platforms):
    for text in ("#双十一#", "#transfer -n bob", "#close"):
        talking.customer_says(text)
    talking.work()
    assert platforms.to_seat("alice")[1:] == ["#双十一#", "#transfer -n bob", "#close"]


def test_help_lists_every_command(talking, platforms):
    talking.seat_says("#帮助")
    talking.work()
    said = platforms.to_seat("alice")[-1]
    assert all(f"#{command.names[0]}" in said for _bot, command in command_table().values())


def test_queue_tells_how_it_stands(talking, platforms):
    talking.seat_says("#排队")
    talking.work()
    assert platforms.to_seat("alice")[-1] == "【系统】销售：无人排队；在线座席 1 个，空位 4 个"
    Seat.objects.update(capacity=1)
    talking.customer_says("one more", "oWaitingCustomer000000000000")
    talking.work()
    talking.seat_says("#queue")
    talking.work()
    assert re.search(r"销售：1 位排队，最长已等 \d+ 秒；在线座席 1 个，空位 0 个", platforms.to_seat("alice")[-1])


def test_queue_works_without_a_customer(site, platforms):
    site.login("alice")
    from tests.support.actors import seat_message

    data = seat_message("alice", "administrator", "#queue")
    site.im_callback(data["CallbackCommand"], data)
    site.work()
    assert "销售" in platforms.to_seat("alice")[-1]


def test_quit_leaves_the_conversation_to_the_next_seat(talking, platforms):
    talking.seat("carol", talking.sales, online=True)
    talking.seat_says("#quit")
    talking.work()
    talking.customer_says("anyone?")
    talking.work()
    assert platforms.to_seat("carol")[-1] == "anyone?"
    assert "hello" in platforms.to_seat("carol")[0]


def test_only_the_assigned_seat_may_close(talking, platforms):
    talking.seat_says("#close", seat="bob")
    talking.work()
    assert Conversation.objects.get().status == "assigned"
    talking.seat_says("#结束")
    talking.work()
    assert Conversation.objects.get().status == "closed"


def test_usage_in_english():
    with override("en"):
        assert "Close this conversation." in TABLE["close"].usage
