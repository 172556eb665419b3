"""Draws the README's three pictures and the review desk from what `make demo` left in data/demo."""

import json
import secrets
import sys
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import sync_playwright

from service.app import opened
from service.demo import server
from service.register import make_token
from service.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "data" / "demo"
PICTURES = ROOT / "docs" / "pictures"
WIDTH = 900
LAPTOP = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def save(picture: Image.Image, name: str, width: int = WIDTH) -> None:
    """Write a small PNG of a fixed palette: these files live in the repository."""
    height = round(picture.height * width / picture.width)
    small = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    small.quantize(96).save(PICTURES / name, optimize=True)


def phone(address: str) -> None:
    """Photograph the page a phone opens."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page(viewport=PHONE, device_scale_factor=2, locale="zh-CN")
        page.goto(address)
        page.screenshot(path=PICTURES / "phone.png")
        browser.close()
    save(Image.open(PICTURES / "phone.png"), "phone.png", 420)


def desk(base: str) -> None:
    """Photograph the review desk: a date that differs, beside the record's."""
    with opened(Settings(data=DEMO / "store"), printing=False) as office:
        token = make_token(office.archive, secrets.token_bytes, "city", "140400")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page(viewport=LAPTOP, locale="zh-CN")
        page.goto(f"{base}/desk")
        page.get_by_label("访问令牌").fill(token)
        page.keyboard.press("Enter")
        page.locator("#queue button", has_text="出生日期").first.click()
        for picture in ("crop", "printed"):
            page.locator(f"#{picture}[alt*=出生日期]").wait_for()
        page.locator("#box").wait_for()
        page.screenshot(path=PICTURES / "desk.png")
        browser.close()
    save(Image.open(PICTURES / "desk.png"), "desk.png", LAPTOP["width"])


def main() -> int:
    """Draw diploma, check, phone page and desk."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with pypdfium2.PdfDocument(DEMO / "diploma_junior.pdf") as document:
        save(document[0].render(scale=2).to_pil(), "diploma.png")
    save(Image.open(DEMO / "altered_birth_date.png"), "check.png", 1400)
    summary = json.loads((DEMO / "summary.json").read_text(encoding="utf-8"))
    token = summary["documents"]["diploma_junior"]["verify_url"].rpartition("/")[2]
    with server.running(DEMO / "store", server.free_port()) as base:
        phone(f"{base}/V/{token}")
        desk(base)
    return 0


if __name__ == "__main__":
    sys.exit(main())
