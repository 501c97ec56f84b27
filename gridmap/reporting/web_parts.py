"""Parts of folium maps that bring nothing from elsewhere and have names that stay the same."""

from __future__ import annotations

from typing import Any

from branca.element import Element, MacroElement
from folium.template import Template
from markupsafe import Markup

_ARROW = Markup(
    '<svg width="26" height="40" viewBox="0 0 26 40" role="img" aria-label="北在上 / north is up">'
    '<path d="M13 3L20 25L13 20L6 25Z" fill="#1d2326" stroke="#fff" stroke-width="1.2" paint-order="stroke"/>'
    '<text x="13" y="38" font-size="12" text-anchor="middle" fill="#1d2326" stroke="#fff" stroke-width="3" '
    'paint-order="stroke" font-family="sans-serif">北 N</text></svg>'
)


class Words(MacroElement):
    """A popup of its parent, without the libraries that folium's own popup brings along."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{{ this._parent.get_name() }}.bindPopup({{ this.html|tojson }}, {maxWidth: 300});"
        "{% endmacro %}"
    )

    def __init__(self, html: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Words"
        self.html = html


class Told(MacroElement):
    """What each feature of its parent tells under the pointer, and pressed: its property ``told``, as plain text."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{{ this._parent.get_name() }}.eachLayer((layer) => {"
        'const words = document.createElement("div");'
        'words.style.whiteSpace = "pre-line";'
        "words.textContent = layer.feature.properties.told;"
        "layer.bindTooltip(words.cloneNode(true), {sticky: true}).bindPopup(words);"
        "});"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Told"


class Scale(MacroElement):
    """A scale in metres, of the middle of what the map shows."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "L.control.scale({imperial: false}).addTo({{ this._parent.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Scale"


class Corner(MacroElement):
    """Something that stands in a corner of the map."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{ const corner = L.control({position: {{ this.position|tojson }}});"
        'corner.onAdd = () => { const held = L.DomUtil.create("div", {{ this.css|tojson }});'
        "held.innerHTML = {{ this.html|tojson }}; return held; };"
        "corner.addTo({{ this._parent.get_name() }}); }"
        "{% endmacro %}"
    )

    def __init__(self, html: Markup, css: str, position: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Corner"
        self.html, self.css, self.position = str(html), css, position


class North(Corner):
    """An arrow to the north, which is up on every map of the web."""

    def __init__(self) -> None:
        super().__init__(_ARROW, "north-arrow", "topright")


class Verbatim(Element):
    """A text of the page as it is, whatever a template would take it for."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Named:
    """Gives elements numbers in the order in which they are made, where folium draws random ones."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, element: Element) -> Any:
        """Give an element its number and return it."""
        self._count += 1
        element._id = f"{self._count:04d}"  # noqa: SLF001 - the only place where the name can be set
        return element
