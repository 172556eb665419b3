"""What can go wrong while a paper is printed, each with a code and a Chinese sentence."""

from collections.abc import Sequence
from types import MappingProxyType

_REFUSED = MappingProxyType(
    {
        "not_docx": "模板不是有效的 Word 文档（.docx）。请用 Word 或 WPS 另存为 .docx 后再用。",
        "too_large": "模板文件过大（上限 8 MB）。请删去其中的图片后再用。",
        "entries": "模板内部文件过多，不像正常的 Word 文档。请重新制作模板。",
        "ratio": "模板内部压缩比异常，可能是压缩炸弹，已拒绝打开。请重新制作模板。",
        "unsafe_path": "模板内部含有不安全或重复的文件名，已拒绝打开。请重新制作模板。",
        "macros": "模板含有宏，已拒绝使用。请另存为不含宏的 .docx。",
        "embedded": "模板嵌有其他文件或控件（OLE），已拒绝使用。请删去嵌入对象。",
        "fonts": "模板里嵌入了字体，已拒绝使用。请在“文件—选项—保存”里取消“将字体嵌入文件”后重新保存。",
        "external": "模板引用了外部文件或网址，已拒绝使用。请删去超链接和链接的图片，改为直接插入。",
        "dtd": "模板内部的 XML 带有 DTD 声明，已拒绝打开。请重新制作模板。",
        "bad_xml": "模板内部的 XML 不完整。请用 Word 重新保存模板。",
        "fields": "模板使用了会自动变化或读取外部内容的 Word 域（如 DATE、INCLUDETEXT）。请删去这些域。",
        "marker_colour": "模板里的文字用了接近黑色的保留颜色（蓝色分量）。请把这些文字改为纯黑。",
        "syntax": "模板里的填写标记有误（括号、名称或语法）。请对照表样说明改正标记。",
        "forbidden": "模板里的填写标记做了不允许的事（调用、取属性或过量计算）。请只写栏目名称。",
        "no_code": "模板里没有二维码标记 {{ code }}。请在模板中放入二维码。",
    }
)
_PHOTOS = MappingProxyType(
    {
        "photo_not_jpeg": "照片须是 JPEG（.jpg）文件。请另存为 JPEG 后再交。",
        "photo_too_large": "照片文件超过 60 KB。请降低 JPEG 质量或缩小到 307×378 像素后再交。",
        "photo_too_small": "照片像素太少：26×32 毫米须不低于 150 dpi，即至少 153×188 像素。请交更清晰的照片，不要放大小图。",
        "photo_ratio": "照片的宽高不是 26:32。请裁剪成 26×32 毫米（如 307×378 像素），不要拉伸；一寸照（25×35）不合用。",
        "photo_colourless": "照片不是彩色的。请交近期彩色照片。",
        "photo_background": "照片背景不是单一颜色，或者不是人像。请在浅蓝色或白色平整背景前重新拍摄本人头像。",
        "photo_nobody": "照片里看不到与背景分明的头像（可能是空白、文字页或其他图像）。请交本人正面免冠照片。",
        "photo_damaged": "照片文件不完整或已损坏，无法打开。请重新导出 JPEG 后再交。",
    }
)


class TemplatesError(Exception):
    """Base of every error that leaves this package: `code` for programs, `message_zh` for people."""

    def __init__(self, code: str, message_zh: str) -> None:
        super().__init__(f"{code}: {message_zh}")
        self.code = code
        self.message_zh = message_zh


class UnknownForm(TemplatesError):
    """No form of this name is in the catalogue."""

    def __init__(self, name: str) -> None:
        super().__init__("unknown_form", f"没有名为 {name} 的表样。请从表样目录中选择。")
        self.name = name


class BadForm(TemplatesError):
    """A form's folder is not usable: `what` says in Chinese which entry of which file is wrong."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__("bad_form", f"表样 {name} 的定义有误：{what}。请改正表样文件。")
        self.name = name
        self.what = what


class TemplateRefused(TemplatesError):
    """A template is not safe or not right to open; `reason` is one of the refusals of this module."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"template_{reason}", _REFUSED[reason] + (f"（{detail}）" if detail else ""))
        self.reason = reason


class ValueRefused(TemplatesError):
    """A value holds characters that may not be printed; it is named by field, never quoted."""

    def __init__(self, field: str, why_zh: str) -> None:
        super().__init__("value_refused", f"栏目 {field} 的内容不能打印：{why_zh}。请改正后重试。")
        self.field = field


class GlyphMissing(TemplatesError):
    """None of the pinned fonts has these characters of this field."""

    def __init__(self, field: str, chars: str) -> None:
        shown = "、".join(f"{char}（U+{ord(char):04X}）" for char in chars)
        super().__init__(
            "glyph_missing",
            f"栏目 {field} 中的字在规定字体里没有：{shown}。请核对用字；确为生僻字时请联系系统管理员补充字体。",
        )
        self.field = field
        self.chars = chars


class ValueNotPrinted(TemplatesError):
    """The finished PDF does not show these fields' values verbatim, so it may not be issued."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            "value_not_printed",
            f"打印结果中找不到这些栏目的完整内容：{'、'.join(names)}。文书未签发，请检查模板。",
        )
        self.names = tuple(names)


class DoesNotFit(TemplatesError):
    """The values do not fit the paper's fixed pages, even in the smallest size allowed."""

    def __init__(self, names: Sequence[str], pages: int, wanted: int) -> None:
        where = f"（{'、'.join(names)}）" if names else ""
        room = f"规定的 {wanted} 页（需要 {pages} 页或被截断）" if wanted else "栏内（被截断或跨页断开）"
        super().__init__(
            "does_not_fit",
            f"内容过长{where}，缩小字号后仍排不进{room}。请精简文字。",
        )
        self.names = tuple(names)
        self.pages = pages
        self.wanted = wanted


class TooManyPages(TemplatesError):
    """A paper of as many pages as it needs would need more than the page number in its codes can say."""

    def __init__(self, pages: int, limit: int) -> None:
        super().__init__(
            "too_many_pages", f"内容共 {pages} 页，一份文书最多 {limit} 页。请按班级或按批次分成几份签发。"
        )
        self.pages = pages


class CodeUnreadable(TemplatesError):
    """The QR code on the finished page cannot be drawn or read back, so the paper may not be issued."""

    def __init__(self, why_zh: str) -> None:
        super().__init__("code_unreadable", f"二维码不合格：{why_zh}。文书未签发，请检查模板中二维码的位置。")


class PdfRefused(TemplatesError):
    """The finished PDF is not the archive copy it must be (PDF/A-2b, pinned fonts embedded)."""

    def __init__(self, why_zh: str) -> None:
        super().__init__(
            "pdf_refused", f"生成的 PDF 不符合存档要求：{why_zh}。文书未签发，请联系系统管理员。"
        )


class PhotoRefused(TemplatesError):
    """A picture is not a photo for a certificate; `reason` is one of the photo refusals of this module."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, _PHOTOS[reason])
        self.reason = reason


class FontMissing(TemplatesError):
    """A pinned font file is not installed; `package` is the Debian package that brings it."""

    def __init__(self, file: str, package: str) -> None:
        super().__init__(
            "font_missing",
            f"缺少规定的字体文件 {file}。请安装 Debian 软件包 {package}（apt-get install {package}）。",
        )
        self.package = package


class ConverterMissing(TemplatesError):
    """LibreOffice or its Python bridge is not installed; `package` is the Debian package."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(
            "converter_missing",
            f"缺少程序 {program}。请安装 Debian 软件包 {package}（apt-get install {package}）。",
        )
        self.package = package


class ConverterBusy(TemplatesError):
    """Too many papers are waiting for LibreOffice; try again after `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("converter_busy", f"正在打印的文书过多，请在 {retry_after} 秒后重试。")
        self.retry_after = retry_after


class ConverterFailed(TemplatesError):
    """LibreOffice could not turn a paper into PDF, twice; `why` is an English word for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "converter_failed", f"排版程序未能生成 PDF（{why}）。请重试；仍不行请联系系统管理员。"
        )
        self.why = why


class NotStampable(TemplatesError):
    """A paper, or its whole template, must be printed by LibreOffice alone; `why` is an English word for the log."""

    def __init__(self, why: str) -> None:
        super().__init__("not_stampable", f"这份文书不能快速套印（{why}），须由排版程序整页打印。")
        self.why = why


class StampDiffers(TemplatesError):
    """A stamped paper is not what LibreOffice makes of the same; its template is no longer stamped from.

    `template_hash` names the template version; `points` is how far a glyph stands off, `pixels` how many differ.
    """

    def __init__(self, template_hash: str, points: float, pixels: int) -> None:
        super().__init__(
            "stamp_differs",
            f"快速套印的结果与排版程序不一致（字位相差 {points:.2f} 磅，{pixels} 个像素不同）；"
            "这个模板版本已停用快速套印，请重新打印。",
        )
        self.template_hash = template_hash
        self.points = points
        self.pixels = pixels
