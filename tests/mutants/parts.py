"""The parts of the product that are changed, and the quick tests that ought to notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Some modules, and the quick tests that ought to notice what changes there."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


def protocol(platform: str, *modules: str) -> Part:
    folder, tests = f"bridge/platforms/{platform}", "tests/bridge/platforms"
    names = ("crypto", "fuzz", "payloads", "contract")
    shared = [f"{tests}/test_{name}.py" for name in ("protocol", *names)]
    return Part(tuple(f"{folder}/{name}.py" for name in modules), (folder, *shared, f"{tests}/{platform}"))


PARTS = {
    "values": Part(("bridge/values",), ("bridge/values", "tests/bridge/values")),
    "pipeline": Part(
        ("bridge/pipeline",),
        (
            "bridge/pipeline",
            "tests/bridge/pipeline",
            "tests/bridge/values/test_frozen.py",
            "tests/bridge/apply",
            "tests/chatbots",
        ),
    ),
    "permit": Part(
        ("bridge/outbox/permit.py",),
        (
            "tests/bridge/platforms/wechat/test_windows.py",
            *(f"tests/bridge/outbox/test_{name}.py" for name in ("permit", "counting", "lines", "outbox", "verdict")),
            "tests/bridge/platforms/test_codes.py",
        ),
    ),
    "routing": Part(
        ("seats/routing",),
        (
            "seats/routing",
            "tests/seats/routing",
            "tests/bridge/values/test_frozen.py",
            "tests/chatbots/test_transfer.py",
        ),
    ),
    "wechat": protocol("wechat", "crypto", "envelope", "parse", "protocol", "render"),
    "tencent_im": protocol("tencent_im", "crypto", "elements", "parse", "protocol", "render"),
}
