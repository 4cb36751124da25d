"""The response that is handed out: whole, decoded, safe to ask for its text."""

from __future__ import annotations

import codecs
import re
from typing import Any

import httpx

_NO_STREAM = httpx.ByteStream(b"")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:+-]{1,40})", re.I)
_TEXT_CODECS = re.compile(
    r"ascii|utf-8(-sig)?|utf-16(-le|-be)?|iso8859-\d+|cp\d+|latin\d|koi8-[rtu]|mac-[a-z]+|tis-620"
    r"|gbk|gb2312|gb18030|big5(hkscs)?|euc_(jp|kr|jis_2004|jisx0213)|johab|hz|ptcp154|kz1048"
    r"|shift_jis(_2004|x0213)?"
)


class WholeResponse(httpx.Response):
    """An httpx.Response that is read already. `content` is decoded; the header that named the
    coding is still there, and httpx must not act on it again."""

    def __init__(
        self,
        status_code: int,
        headers: list[tuple[bytes, bytes]],
        content: bytes,
        request: httpx.Request,
        extensions: dict[str, Any],
    ) -> None:
        super().__init__(
            status_code, headers=headers, stream=_NO_STREAM, request=request, extensions=extensions
        )
        # what Response.read() sets; going through it would decode the content a second time
        self._content = content
        self.is_closed = True
        self.is_stream_consumed = True

    @property
    def charset_encoding(self) -> str | None:
        """The charset that the server names, if it is one for text.

        Python's codecs also know zlib, which would unfold without a cap, and names with NUL,
        which raise; utf-16 without its mark and the iso-2022 family raise on some bytes even when
        told to replace what they can't read. A server may write any of them.
        """
        match = _CHARSET.search(self.headers.get("content-type", ""))
        if match is None:
            return None
        try:
            name = codecs.lookup(match[1]).name
        except LookupError:
            return None
        if name == "utf-16" and self.content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16-le"
        return name if _TEXT_CODECS.fullmatch(name) else None
