"""Carries out what a platform's own remark and tags of a customer change here: both sides are in step then."""

from __future__ import annotations

from bridge.apply.scene import Scene, handles
from bridge.models import InStep, Tag
from bridge.pipeline import actions


@handles(actions.TakeOverProfile)
def take_over_profile(scene: Scene, action: actions.TakeOverProfile) -> None:
    """A tag that there is not here yet is made; one that is put on conversations is left alone.

    A remark that was changed here meanwhile stays, and goes there with the next run.
    """
    customer = scene.customer
    base, _made = InStep.objects.get_or_create(customer=customer, defaults={"seen_at": scene.now})
    if action.remark is not None and customer.remark == base.remark:
        customer.remark = base.remark = action.remark
        scene.changed_of_customer("remark")
        base.save(update_fields=["remark"])
    for name in action.tags_on:
        tag, _new = Tag.objects.get_or_create(name=name[:50], defaults={"of": Tag.Of.CUSTOMER})
        if tag.of == Tag.Of.CUSTOMER:
            customer.tags.add(tag)
            base.tags.add(tag)
    for tag in Tag.objects.filter(name__in=action.tags_off):
        customer.tags.remove(tag)
        base.tags.remove(tag)
