"""What can go wrong while an upload is made safe and read, each with a code and a Chinese sentence."""

from types import MappingProxyType

_REFUSALS = MappingProxyType(
    {
        "empty": "上传的文件是空的（0 字节）。请重新扫描后再上传。",
        "too_large": "文件超过允许的大小。请降低扫描分辨率（200–300 dpi 即可）或分几次上传。",
        "unknown_type": "无法识别的文件类型。只接受 PDF、JPEG、PNG、TIFF、HEIC，请另存为其中一种再上传。",
        "encrypted_pdf": "PDF 设有密码或权限限制，无法读取。请用扫描仪直接输出不加密的 PDF 再上传。",
        "polyglot": "文件同时像几种类型（例如 PDF 里夹带网页），为安全起见不予接受。请重新扫描后上传。",
        "too_many_pages": "页数过多（一次最多 60 页）。请分成几个文件上传。",
        "too_many_pixels": "图像尺寸过大，无法安全处理。请以 200–300 dpi 重新扫描后上传。",
        "truncated": "文件不完整（可能上传中断）。请重新上传；仍不行请重新扫描。",
        "damaged": "文件已损坏，无法打开。请重新扫描后上传。",
        "decoder_limit": "处理这个文件用去的时间或内存超出限度，已停止。请以 200–300 dpi 重新扫描后上传。",
    }
)


class IntakeError(Exception):
    """Base of every error that leaves this package: `code` for programs, `message_zh` for people."""

    def __init__(self, code: str, message_zh: str) -> None:
        super().__init__(f"{code}: {message_zh}")
        self.code = code
        self.message_zh = message_zh


class UploadRefused(IntakeError):
    """The uploaded bytes are not accepted; `code` is one of the refusals listed in this module."""

    def __init__(self, code: str) -> None:
        super().__init__(code, _REFUSALS[code])

    @staticmethod
    def is_code(code: str) -> bool:
        """Tell whether a code is one of the refusals of this module."""
        return code in _REFUSALS


class RecogniserMissing(IntakeError):
    """A recogniser cannot start: its model, program or language data is not installed."""

    def __init__(self, what: str) -> None:
        super().__init__("recogniser_missing", f"文字识别组件不可用：{what}。请联系系统管理员检查安装。")


class RecogniserFailed(IntakeError):
    """A recogniser crashed, hung, or answered what cannot be an answer; `what` is a word for the log."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "recogniser_failed", "文字识别组件出错，这一页没有读出。请稍后重试；仍不行请联系系统管理员。"
        )
        self.what = what


class BadLayout(IntakeError):
    """The archived layout of a page lacks something a reading needs; `what` names it, never a value."""

    def __init__(self, what: str) -> None:
        super().__init__("bad_layout", f"存档的版面说明不完整：{what}。请联系系统管理员核对存档。")
