"""A customer's message reaches a seat and the answer comes back: in order, once."""

from bridge.models import Conversation, InboundEvent


def test_there_and_back(site, platforms):
    site.login("alice")
    assert site.customer_says("有货吗？").content == b"success"
    site.work()
    assert platforms.to_seat("alice") == ["有货吗？"]
    answer = site.seat_says("有的")
    assert answer.json() == {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}
    site.work()
    assert platforms.to_customer() == ["有的"]


def test_many_messages_keep_their_order(site, platforms):
    site.login("alice")
    for number in range(30):
        site.customer_says(f"c{number}")
        if number > 0:
            site.seat_says(f"s{number}")
        if number % 7 == 0:
            site.work()
    site.work()
    said = [text for text in platforms.to_seat("alice") if not text.startswith("【系统】")]
    assert said == [f"c{number}" for number in range(30)]
    assert platforms.to_customer() == [f"s{number}" for number in range(1, 30)]


def test_a_repeated_push_has_one_effect(site, platforms):
    site.login("alice")
    for _try in range(3):
        assert site.customer_says("once", msg_id=77).status_code == 200
    site.work()
    site.customer_says("once", msg_id=77)
    site.work()
    assert platforms.to_seat("alice") == ["once"]
    assert InboundEvent.objects.filter(kind="text").count() == 1


def test_a_repeated_callback_has_one_effect(site, platforms):
    site.login("alice")
    site.customer_says("hello")
    site.work()
    for _try in range(2):
        site.seat_says("hi", msg_key="1_2_3")
    site.work()
    assert platforms.to_customer() == ["hi"]


def test_the_customer_is_imported_once_with_a_name_people_know(site, platforms):
    site.login("alice")
    for word in ("one", "two"):
        site.customer_says(word)
        site.work()
    imports = platforms.bodies("account_import")
    assert [body["Nick"] for body in imports] == ["旗舰店 · 微信用户VJJE"]
    assert imports[0]["UserID"] == site.im_id()


def test_closing_and_writing_again_opens_a_new_conversation(site, platforms):
    site.login("alice")
    site.customer_says("first")
    site.work()
    site.seat_says("#close")
    site.work()
    assert Conversation.objects.get().status == "closed"
    site.alice.refresh_from_db()
    assert site.alice.load == 0
    site.customer_says("second")
    site.work()
    assert Conversation.objects.count() == 2
    assert platforms.to_seat("alice")[-1] == "second"
    assert platforms.to_customer() == []


def test_a_seat_that_does_not_have_the_conversation_is_told_so(site, platforms):
    site.login("alice", "bob")
    site.customer_says("hello")
    site.work()
    site.seat_says("let me in", seat="bob")
    site.work()
    assert platforms.to_customer() == []
    assert "alice" in platforms.to_seat("bob")[0]
