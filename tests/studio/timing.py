"""How long the studio takes, told by the browser: when a person sees it, not when a test looks."""

from collections.abc import Callable

from playwright.sync_api import Page

# A frame is over when what was waiting for it has run; then it is on its way to the screen.
_WATCH = """(() => {
  const seen = window.seen = { rows: 0, drawn: 0, at: {}, frames: [] };
  const painted = note =>
    requestAnimationFrame(() => setTimeout(() => note(performance.now())));
  new MutationObserver((_, self) => {
    if (!document.querySelector('.grid-row a')) return;
    self.disconnect();
    painted(now => { seen.rows = now; });
  }).observe(document, { childList: true, subtree: true });
  const { stroke } = CanvasRenderingContext2D.prototype;
  let isWaiting = false;
  CanvasRenderingContext2D.prototype.stroke = function (...given) {
    if (!isWaiting) {
      isWaiting = true;
      painted(now => { isWaiting = false; seen.drawn = now; });
    }
    return stroke.apply(this, given);
  };
  for (const name of ['mouseup', 'click']) {
    addEventListener(name, event => { seen.at[name] = event.timeStamp; }, true);
  }
})()"""

_SCROLL = """async ([by, count]) => {
  const grid = document.querySelector('[role=grid]');
  const frame = () => new Promise(requestAnimationFrame);
  const frames = [];
  await frame();
  for (let i = 0, before = performance.now(); i < count; i++) {
    grid.scrollTop += by;
    await frame();
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  return frames;
}"""

_COUNT_FRAMES = """() => {
  seen.frames = [];
  let before = performance.now();
  const next = () => {
    const now = performance.now();
    seen.frames.push(now - before);
    before = now;
    seen.request = requestAnimationFrame(next);
  };
  seen.request = requestAnimationFrame(next);
}"""

_QUIET_MS = 500


def watch(page: Page) -> None:
    """Before the page is opened."""
    page.add_init_script(_WATCH)


def first_paint_ms(page: Page) -> float:
    """From the beginning of the navigation, as all that is first."""
    entry = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    return page.evaluate(f"() => {entry}")


def first_rows_ms(page: Page) -> float:
    page.wait_for_function("() => seen.rows")
    return page.evaluate("() => seen.rows")


def drawn_ms_after(page: Page, event: str) -> float:
    """From the last mouseup or click until the last line that was drawn since is to be seen."""
    page.wait_for_timeout(_QUIET_MS)
    return page.evaluate("event => seen.drawn - seen.at[event]", event)


def script_bytes(page: Page) -> int:
    """What came of scripts until now, as it was sent."""
    return page.evaluate(
        """() => performance.getEntriesByType('resource')
          .filter(({ name }) => name.endsWith('.js'))
          .reduce((sum, { transferSize }) => sum + transferSize, 0)"""
    )


def scroll(page: Page, by_px: int, count: int) -> list[float]:
    """The times of so many frames, in each of which the table of runs is scrolled by this."""
    return page.evaluate(_SCROLL, [by_px, count])


def frames_while(page: Page, act: Callable[[], None]) -> list[float]:
    page.evaluate(_COUNT_FRAMES)
    act()
    page.wait_for_timeout(100)
    return page.evaluate("() => { cancelAnimationFrame(seen.request); return seen.frames; }")


def percentile(times: list[float], percent: int) -> float:
    return round(sorted(times)[(len(times) - 1) * percent // 100], 1)
