"""Menus by the API: what the page of an account's menu does. Drafts are changed, published, taken off phones; earlier menus return."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from bridge.backoffice.programs import ALL, CHANGE, Refused, moment, resource
from bridge.platforms.wechat.menus import items as menus
from bridge.platforms.wechat.menus import publishing, tagged
from bridge.platforms.wechat.menus.page import Editor, changed_by
from bridge.platforms.wechat.models import AccountMenu, ConditionalMenu, PublishedMenu, WeChatAccount
from bridge.platforms.wechat.tags import tags_of
from bridge.values.outcomes import DeliveryError


class LeafSerializer(serializers.Serializer[Any]):
    """An item that can be tapped. `does` says which of the other fields count; docs/menu.md says what comes of a tap."""

    name = serializers.CharField(allow_blank=True, required=False)
    does = serializers.ChoiceField(choices=menus.DOES, required=False)
    key = serializers.CharField(allow_blank=True, required=False)
    group = serializers.CharField(allow_blank=True, required=False)
    bot = serializers.CharField(allow_blank=True, required=False)
    words = serializers.CharField(allow_blank=True, required=False)
    url = serializers.CharField(allow_blank=True, required=False)
    app_id = serializers.CharField(allow_blank=True, required=False)
    path = serializers.CharField(allow_blank=True, required=False)
    answer = serializers.DictField(required=False)
    raw = serializers.DictField(required=False)


class ItemSerializer(LeafSerializer):
    """A button of a menu; one with items `below` does nothing itself."""

    below = LeafSerializer(many=True, required=False)


class DraftSerializer(serializers.Serializer[Any]):
    """A menu as it is drafted. `version` is that of the draft which these items replace."""

    items = ItemSerializer(many=True)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class MenuSerializer(DraftSerializer):
    """The menu of an account: its id is the account's. `published` is what phones show, null where they show none."""

    id = serializers.IntegerField(read_only=True)
    account = serializers.CharField(read_only=True)
    changed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    changed_by = serializers.CharField(read_only=True, allow_blank=True)
    published = ItemSerializer(many=True, read_only=True, allow_null=True)
    published_at = serializers.DateTimeField(read_only=True, allow_null=True)
    published_by = serializers.CharField(read_only=True, allow_blank=True)


class TagMenuSerializer(DraftSerializer):
    """The menu that the followers with a tag see instead. `published` is what their phones show, null where they see the account's own."""

    id = serializers.IntegerField(read_only=True)
    account = serializers.CharField(max_length=50)
    tag_id = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    tag_name = serializers.CharField(read_only=True)
    changed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    changed_by = serializers.CharField(read_only=True, allow_blank=True)
    published = ItemSerializer(many=True, read_only=True, allow_null=True)


class PublishedSerializer(serializers.Serializer[Any]):
    """A menu as it was published, the newest first. `items` is null where phones were to show no menu from then on."""

    id = serializers.IntegerField(read_only=True)
    items = ItemSerializer(many=True, read_only=True, allow_null=True)
    published_at = serializers.DateTimeField(read_only=True)
    published_by = serializers.CharField(read_only=True, allow_blank=True)


class RestoreSerializer(serializers.Serializer[Any]):
    """The menu to return to, by its id in the history. `version` is that of the draft which it replaces.

    A draft that was never published is lost by that, so it is replaced only with `replace_draft`.
    """

    published = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    replace_draft = serializers.BooleanField(default=False)


class NewTagMenuSerializer(serializers.Serializer[Any]):
    """Of which account, by its slug, and for the followers with which of its tags at WeChat, by its number."""

    account = serializers.CharField(max_length=50)
    tag_id = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class TagsSerializer(serializers.Serializer[Any]):
    """Tags of an account at WeChat."""

    class TagSerializer(serializers.Serializer[Any]):
        id = serializers.IntegerField()
        name = serializers.CharField()

    results = TagSerializer(many=True)


class _Page:
    """Who may do what with menus, which have a page of their own and none of Django's forms."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        self.rows = rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.rows

    def has_view_permission(self, request: HttpRequest, menu: Any = None) -> bool:
        user: Any = request.user
        return bool(user.has_perm("bridge.view_accountmenu"))

    def has_change_permission(self, request: HttpRequest, menu: Any = None) -> bool:
        user: Any = request.user
        return bool(user.has_perm("bridge.change_accountmenu"))

    has_add_permission = has_delete_permission = has_change_permission


class _MenuView:
    """What both kinds of menus have in common."""

    acts = {"publish": "change", "withdraw": "change"}
    refuses: tuple[str, ...] = ("partial_update", "publish", "withdraw")

    def editor(self, menu: Any) -> Editor:
        """Return the editor of a menu as it was saved last."""
        raise NotImplementedError

    def anew(self: Any) -> Response:
        """Answer with the menu as it is now."""
        return Response(self.shown(self.get_object()))

    @extend_schema(request=DraftSerializer)
    def partial_update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Save a draft; phones show what was published last. 409 (`changed_meanwhile`) where another draft was saved meanwhile."""
        sent, editor = _sent(DraftSerializer, request), self.editor(self.get_object())
        editor.fill(sent["items"])
        _insist_on(editor)
        _save(editor, sent["version"], request)
        return self.anew()

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def publish(self: Any, request: Request, pk: str) -> Response:
        """Let phones show the draft. 409 where WeChat does not take it: then they show what they did."""
        editor = self.editor(self.get_object())
        editor.fill(menus.to_json(editor.items))
        _insist_on(editor)
        _publish(editor, request)
        return self.anew()

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def withdraw(self: Any, request: Request, pk: str) -> Response:
        """Take it off all phones, an account's own with those by tag; the draft stays."""
        editor = self.editor(self.get_object())
        try:
            if editor.tagged:
                publishing.withdraw_for_tag(editor.tagged)
            else:
                publishing.withdraw(editor.account, changed_by(request))
        except (DeliveryError, publishing.Overtaken) as error:
            raise _refused(error) from None
        return self.anew()


@resource("menus", "bridge.accountmenu", (CHANGE,))
class MenuView(_MenuView):
    """The menu of an account, by the account's id."""

    acts = {**_MenuView.acts, "restore": "change"}
    refuses = (*_MenuView.refuses, "tags", "restore")

    @property
    def admin(self) -> Any:
        """The accounts that have a menu: a mini program has none."""
        newest = PublishedMenu.objects.filter(account=OuterRef("account")).order_by("-pk").values("pk")[:1]
        last = PublishedMenu.objects.filter(pk=Subquery(newest))
        rows = WeChatAccount.objects.exclude(kind=WeChatAccount.Kind.MINI_PROGRAM).select_related("menu")
        return _Page(rows.prefetch_related(Prefetch("published_menus", last, to_attr="last_published")))

    def get_serializer_class(self) -> type[Any]:
        """Return how such a menu looks."""
        return MenuSerializer

    def editor(self, menu: WeChatAccount) -> Editor:
        """Return the editor of the account's own menu."""
        return _found(Editor.of(menu))

    def shown(self, one: Any) -> dict[str, Any]:
        """Return the account's menu as the API shows it."""
        draft = getattr(one, "menu", None) or AccountMenu(account=one)
        last = next(iter(one.last_published), None)
        return {
            "id": one.pk, "account": one.slug, **_draft(draft), "published": _items(last.items) if last and last.items else None,
            "published_at": moment(last.published_at) if last else None, "published_by": last.published_by if last else "",
        }  # fmt: skip

    @extend_schema(responses=TagsSerializer)
    @action(detail=True, methods=["get"])
    def tags(self: Any, request: Request, pk: str) -> Response:
        """The account's tags at WeChat, which is asked for them. 409 where it does not tell."""
        found = _tags(self.get_object())
        return Response({"results": [{"id": number, "name": name} for number, name in found.items()]})

    @extend_schema(responses=PublishedSerializer(many=True))
    @action(detail=True, methods=["get"])
    def history(self: Any, request: Request, pk: str) -> Response:
        """What was published, the newest first: what phones show, and what they showed before."""
        page = self.paginate_queryset(self.get_object().published_menus.all())
        return self.get_paginated_response([_published(one) for one in page])

    @extend_schema(request=RestoreSerializer)
    @action(detail=True, methods=["post"])
    def restore(self: Any, request: Request, pk: str) -> Response:
        """Publish a menu of the history again and make it the draft.

        409 where another draft was saved meanwhile (`changed_meanwhile`), where the draft was never published and is not to be
        replaced (`draft_unpublished`), or where WeChat refuses it.
        """
        sent, editor = _sent(RestoreSerializer, request), self.editor(self.get_object())
        if not editor.take_up(sent["published"]):
            raise ValidationError({"published": _("There is no such menu in the history, or it has no items.")})
        if sent["version"] == editor.draft.version and not sent["replace_draft"] and editor.would_lose():
            words = _("The draft was never published and would be lost. Send replace_draft as true to replace it.")
            raise Refused(words, "draft_unpublished")
        _save(editor, sent["version"], request)
        _publish(editor, request)
        return self.anew()


@resource("menus-by-tag", "bridge.conditionalmenu", ALL)
class TagMenuView(_MenuView):
    """The menu that an account's followers with a tag see instead of its own."""

    refuses = (*_MenuView.refuses, "create", "destroy")

    @property
    def admin(self) -> Any:
        """All menus by tag there are."""
        return _Page(ConditionalMenu.objects.select_related("account"))

    def get_serializer_class(self) -> type[Any]:
        """Return how such a menu looks."""
        return TagMenuSerializer

    def editor(self, menu: ConditionalMenu) -> Editor:
        """Return the editor of the menu by tag."""
        return _found(Editor.of(menu.account, str(menu.pk)))

    def shown(self, one: ConditionalMenu) -> dict[str, Any]:
        """Return the menu by tag as the API shows it."""
        return {
            "id": one.pk, "account": one.account.slug, "tag_id": one.tag_id, "tag_name": one.tag_name, **_draft(one),
            "published": _items(one.published) if one.menu_id else None,
        }  # fmt: skip

    @extend_schema(request=NewTagMenuSerializer, responses={201: TagMenuSerializer})
    def create(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Draft a menu for a tag; it begins with the account's own. 409 where WeChat does not tell the tags."""
        sent = _sent(NewTagMenuSerializer, request)
        rows = WeChatAccount.objects.exclude(kind=WeChatAccount.Kind.MINI_PROGRAM)
        account = rows.filter(slug=sent["account"]).first()
        if account is None:
            raise ValidationError({"account": _("There is no %s here.") % sent["account"]})
        if account.conditional_menus.filter(tag_id=sent["tag_id"]).exists():
            raise ValidationError({"tag_id": _("There is a menu for this tag already.")})
        name = _tags(account).get(sent["tag_id"])
        if name is None:
            raise ValidationError({"tag_id": _("The account has no such tag at WeChat.")})
        own = _found(Editor.of(account)).draft.items
        made = account.conditional_menus.create(tag_id=sent["tag_id"], tag_name=name, items=own)
        return Response(self.shown(made), status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ConditionalMenu) -> None:
        """Take it off phones and away. Raises: Refused, and it stays."""
        try:
            publishing.delete_for_tag(instance)
        except (DeliveryError, publishing.Overtaken) as error:
            raise _refused(error) from None


def _found(editor: Editor | None) -> Editor:
    """Return the editor. Raises: NotFound, where the menu was deleted meanwhile."""
    if editor is None:
        raise NotFound
    return editor


def _sent(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what was sent. Raises: ValidationError."""
    sent = kind(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def _insist_on(editor: Editor) -> None:
    """Raises: ValidationError, with what WeChat would not take, at its place: `items.0.name`, `items.0.2.url`."""
    if editor.errors:
        found = {f"items.{place}" if place else "items": words for place, words in editor.errors.items()}
        raise ValidationError(found)


def _save(editor: Editor, version: int, request: Request) -> None:
    """Save the items as the draft. Raises: Refused, where somebody else has saved others since this version."""
    if not editor.save(str(version), changed_by(request)):
        raise Refused(_("Somebody else has saved this menu meanwhile: read it anew."), "changed_meanwhile")


def _publish(editor: Editor, request: Request) -> None:
    """Let phones show the items. Raises: Refused, and they show what they did."""
    try:
        editor.publish(changed_by(request))
    except (DeliveryError, publishing.Overtaken) as error:
        raise _refused(error) from None


def _refused(error: DeliveryError | publishing.Overtaken) -> Refused:
    if isinstance(error, publishing.Overtaken):
        return Refused(tagged.overtaken(), "changed_meanwhile")
    refused = Refused.by_platform(error)
    return Refused(tagged.refused(error), refused.get_codes())


def _tags(account: WeChatAccount) -> dict[int, str]:
    """Return the account's tags. Raises: Refused."""
    try:
        return tags_of(account)
    except DeliveryError as error:
        raise Refused.by_platform(error) from None


def _draft(menu: AccountMenu | ConditionalMenu) -> dict[str, Any]:
    changed = {"changed_at": moment(menu.changed_at), "changed_by": menu.changed_by}
    return {"items": _items(menu.items), "version": menu.version, **changed}


def _published(menu: PublishedMenu) -> dict[str, Any]:
    return {
        "id": menu.pk, "items": _items(menu.items) if menu.items else None,
        "published_at": moment(menu.published_at), "published_by": menu.published_by,
    }  # fmt: skip


def _items(stored: Any) -> list[dict[str, Any]] | None:
    return menus.to_json(menus.read_items(stored))
