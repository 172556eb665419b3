"""Draws the README's three pictures from what `make demo` left in data/demo."""

import json
import sys
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import sync_playwright

from service.demo import server

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "data" / "demo"
PICTURES = ROOT / "docs" / "pictures"
WIDTH = 900
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


def main() -> int:
    """Draw diploma, check and phone page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with pypdfium2.PdfDocument(DEMO / "diploma_junior.pdf") as document:
        save(document[0].render(scale=2).to_pil(), "diploma.png")
    save(Image.open(DEMO / "altered_birth_date.png"), "check.png", 1400)
    summary = json.loads((DEMO / "summary.json").read_text(encoding="utf-8"))
    token = summary["documents"]["diploma_junior"]["verify_url"].rpartition("/")[2]
    with server.running(DEMO / "store", server.free_port()) as base:
        phone(f"{base}/V/{token}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
