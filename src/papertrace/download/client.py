"""Files from a web server, whole or not at all: with time-outs, retries, resumption and a checksum.

requests and urllib3 do what comes before a file's first byte: connections, redirects, proxies, logins of ``~/.netrc``,
certificates, retries with back-off and ``Retry-After``. Neither takes up a file that breaks off in its middle, nor
notices one that trickles; that is done here.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from pathlib import Path
from threading import Event
from types import TracebackType
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util import Retry

from papertrace import __version__
from papertrace.download.config import DownloadConfig
from papertrace.errors import PapertraceError
from papertrace.io import atomic_path, sha256_file

_AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""Statuses that may be others a while later."""
_CHUNK = 1 << 16
_PROGRESS = 1 << 14
"""An attempt that brought so many bytes is not counted against the retries."""
_SLOWEST = 100
"""Bytes a second below which a connection counts as stalled."""
_LONGEST_BACKOFF_S = 60
_LONGEST_WAIT_S = 300
"""No longer than this is waited because a server says so (``Retry-After``)."""
_WRONG = 3
"""So many wrong checksums of a file, and it is given up."""
_CONNECTS = 3
"""Attempts to connect at all, after the first: who has no network wants to know soon."""


class FetchError(PapertraceError):
    """A file that cannot be had.

    Attributes
    ----------
    everywhere : bool
        No other file of the server could be had either.
    skipped : bool
        It was not tried, because others failed.
    """

    def __init__(self, sentence: str, everywhere: bool = False, skipped: bool = False) -> None:
        super().__init__(sentence)
        self.everywhere = everywhere
        self.skipped = skipped


class Client:
    """Fetches files below one address; threads may share it.

    Parameters
    ----------
    base : str
        Address that the files' paths are relative to.
    config : DownloadConfig
        Time-out and retries.
    backoff_s : float
        Wait before the second retry of a request, then twice as long each time; the first is made at once.

    Attributes
    ----------
    stop : threading.Event
        Set it and no file is begun or gone on with.
    """

    def __init__(self, base: str, config: DownloadConfig, backoff_s: float = 1.0) -> None:
        self.base = base.rstrip("/")
        self.stop = Event()
        self._config = config
        self._backoff_s = backoff_s
        self._session = requests.Session()
        self._session.max_redirects = 5
        # Sizes, ranges and checksums are those of the files themselves, not of what a server makes of them.
        self._session.headers.update({"User-Agent": f"papertrace/{__version__}", "Accept-Encoding": "identity"})
        retry = Retry(
            total=config.retries,
            connect=min(_CONNECTS, config.retries),
            status_forcelist=_AGAIN,
            raise_on_status=False,
            backoff_factor=backoff_s,
            backoff_jitter=backoff_s,
            backoff_max=_LONGEST_BACKOFF_S,
            retry_after_max=_LONGEST_WAIT_S,
        )
        adapter = HTTPAdapter(max_retries=retry, pool_maxsize=config.connections)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._session.close()

    def fetch(self, path: str, target: Path, sha256: str) -> None:
        """Fetch one file; `target` appears whole and right, or stays as it was.

        What has come of a file is kept beside it and gone on with, also by another process after a crash. Its name
        holds the checksum that is waited for, so that a part is never continued with the bytes of another version.

        Parameters
        ----------
        path : str
            Of the file, relative to the client's base.
        target : Path
            Where to put it.
        sha256 : str
            What it must be, as 64 hex digits.

        Raises
        ------
        FetchError
            The file cannot be had, or is another one than `sha256` says.
        OSError
            It cannot be written.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{sha256[:16]}.part")
        for _ in range(_WRONG):
            self._complete(path, part, resume=True)
            if sha256_file(part) == sha256:
                part.replace(target)
                return
            part.unlink()
        raise FetchError(
            f"{self._url(path)}: has another checksum than SHA256SUMS.txt says, {_WRONG} times; try again later, or "
            "name another `download.server`"
        )

    def fetch_list(self, path: str, target: Path) -> None:
        """Fetch a text file of which no checksum is known; see `fetch`. It is never resumed."""
        with atomic_path(target) as beside:
            self._complete(path, beside, resume=False)
            if beside.read_bytes()[:512].lstrip().startswith(b"<"):
                raise FetchError(
                    f"{self._url(path)}: is a web page and not a list; check `download.server`, and whether the "
                    "database asks for a login"
                )

    def _complete(self, path: str, part: Path, resume: bool) -> None:
        """Fetch until the file's end has come, however often it breaks off while there is progress."""
        idle = 0
        while True:
            if not resume:
                part.unlink(missing_ok=True)
            before = _size(part)
            try:
                return self._extend(path, part)
            except _BrokenOffError as error:
                idle = 0 if resume and _size(part) - before >= _PROGRESS else idle + 1
                if idle > self._config.retries:
                    raise FetchError(
                        f"{self._url(path)}: broke off again and again ({error}); try again later, it "
                        "goes on where it was"
                    ) from None
                self.stop.wait(min(self._backoff_s * 2**idle, _LONGEST_BACKOFF_S) if idle > 1 else 0)

    def _extend(self, path: str, part: Path) -> None:
        """Go on with a part to the file's end, or from its beginning where the server knows no ranges."""
        if self.stop.is_set():
            raise FetchError(f"{self._url(path)}: not fetched, because others could not be", skipped=True)
        held = _size(part)
        headers = {"Range": f"bytes={held}-"} if held else {}
        with self._get(path, headers) as response:
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and held:
                return  # there is no more of it: its checksum tells whether that was all
            if response.status_code >= 400:
                raise _refused(response)
            goes_on = response.status_code == HTTPStatus.PARTIAL_CONTENT
            if goes_on and not response.headers.get("Content-Range", "").startswith(f"bytes {held}-"):
                part.unlink(missing_ok=True)
                raise _BrokenOffError("it sent another range than was asked for")
            try:
                with part.open("ab" if goes_on else "wb") as stream:
                    self._copy(response, stream)
            except OSError as error:
                error.filename = error.filename or str(part)  # a full disk does not say whose
                raise

    def _get(self, path: str, headers: dict[str, str]) -> requests.Response:
        url, timeout_s = self._url(path), self._config.timeout_s
        try:
            return self._session.get(url, headers=headers, stream=True, timeout=(min(timeout_s, 15), timeout_s))
        except requests.RequestException as error:
            raise _unreachable(url, error) from None

    def _copy(self, response: requests.Response, stream) -> None:
        """Copy a body as it comes, and give up on one that trickles."""
        since, came = time.monotonic(), 0
        while True:
            try:
                # read1 returns what has come; read would wait for a whole chunk, however slow
                block = response.raw.read1(_CHUNK, decode_content=True)
            except HTTPError as error:
                raise _BrokenOffError(_last_line(error)) from None
            if not block:
                return
            stream.write(block)
            came += len(block)
            passed_s = time.monotonic() - since
            if passed_s > self._config.timeout_s:
                if came < _SLOWEST * passed_s:
                    raise _BrokenOffError(f"{came / passed_s:.0f} bytes a second")
                since, came = time.monotonic(), 0
            if self.stop.is_set():
                raise _BrokenOffError("others could not be fetched")

    def _url(self, path: str) -> str:
        return f"{self.base}/{quote(path)}"


class _BrokenOffError(Exception):
    """A body that did not come to its end."""


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__


def _refused(response: requests.Response) -> FetchError:
    """Return what a status of 400 and more means to a person."""
    status, url = response.status_code, response.url
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return FetchError(
            f"{url}: access refused ({status}); where PhysioNet asks for an account or a signed agreement, get "
            "access and put your login in ~/.netrc, or download it by hand and use `records.source: folder`"
        )
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return FetchError(
            f"{url}: not found ({status}); check database and version in `records.physionet`, and `download.server`"
        )
    return FetchError(
        f"{url}: the server answers {status} {response.reason}, again and again; try again later, or name another "
        "`download.server`"
    )


def _unreachable(url: str, error: requests.RequestException) -> FetchError:
    """Return what it means to a person that no answer came."""
    host = urlsplit(url).netloc
    # requests wraps what urllib3 raised, which wraps what it gave up over
    inner = error.args[0] if error.args else error
    cause = getattr(inner, "reason", inner)
    if isinstance(error, requests.exceptions.SSLError):
        return FetchError(
            f"{host}: no safe connection ({_last_line(error)[:200]}); check the clock and the address, and where a "
            "proxy signs for others name its certificates in REQUESTS_CA_BUNDLE",
            everywhere=True,
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return FetchError(
            f"{host}: the proxy does not let it through; check HTTP_PROXY, HTTPS_PROXY and NO_PROXY", everywhere=True
        )
    if isinstance(cause, NameResolutionError):
        return FetchError(
            f"{host}: no such name is known; check the network and `download.server`, or use a local copy with "
            "`records.source: folder`",
            everywhere=True,
        )
    if isinstance(cause, NewConnectionError) or isinstance(error, requests.exceptions.ConnectTimeout):
        return FetchError(
            f"{host}: cannot be reached; check the network and `download.server`, or use a local copy with "
            "`records.source: folder`",
            everywhere=True,
        )
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return FetchError(f"{url}: sent on and on to other addresses; check `download.server`")
    return FetchError(
        f"{url}: no answer ({_last_line(error)[:200]}); try again later, or name another `download.server`"
    )
