"""How long messages were under way while something was away: from the writing until the other side had them."""

from __future__ import annotations

from tests.chaos.scene import Scene

SLOW = 20.0  # seconds


def slowest(scene: Scene, mark: str) -> float:
    """Return the seconds that the slowest of the messages took whose texts begin with `mark`."""
    ours = [one for one in scene.site.entries() if one["text"].startswith(mark)]
    written = {one["text"]: one["at"] for one in ours if one["mine"]}
    return max((one["at"] - written[one["text"]] for one in ours if not one["mine"]), default=0.0)


def odd(scene: Scene, mark: str) -> list[str]:
    """Say of each message that was not acknowledged, or took five seconds and more, when it was written and when it came."""
    ours = [one for one in scene.site.entries() if one["text"].startswith(mark)]
    began = min((one["at"] for one in ours), default=0.0)
    came = {one["text"]: one["at"] for one in ours if not one["mine"]}
    return [
        f"{one['text']}: {one['state']}, written {one['at'] - began:.1f} s, arrived {came.get(one['text'], 0) - began:.1f} s"
        for one in ours
        if one["mine"] and (one["state"] != "acked" or came.get(one["text"], 0) - one["at"] > SLOW)
    ]
