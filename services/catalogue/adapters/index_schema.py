"""What the search index holds of a data set, and how words are found in it."""

from __future__ import annotations

from functools import cache

from tantivy import Document, Filter, Index, Schema, SchemaBuilder, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from catalogue.application.ports import Entry
from catalogue.domain.search import Facet
from cohort.code_list import CodeList
from cohort.model_file import data_model

# Raise it whenever this file changes what an index holds: older ones are then built anew.
FORMAT = 1

# Where a word is found is all that ranks a hit, never how rare the word is: so a hit's score does not change when
# other data sets come or go, and pages stay stable.
WEIGHTS = {"title": 16.0, "identifiers": 8.0, "codes": 4.0, "publisher": 2.0, "description": 1.0}

_TOKENIZER = "words"


@cache
def analyzer() -> TextAnalyzer:
    """Words in lower case, without accents, by their English stem. Markup falls apart into words like any text."""
    words = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(64)).filter(Filter.lowercase())
    return words.filter(Filter.ascii_fold()).filter(Filter.stemmer("english")).build()


@cache
def schema() -> Schema:
    """The name, texts, and a field of plain values for each facet."""
    builder = SchemaBuilder().add_text_field("name", stored=True, tokenizer_name="raw", index_option="basic")
    for name in WEIGHTS:
        builder = builder.add_text_field(name, tokenizer_name=_TOKENIZER)
    for facet in Facet:
        builder = builder.add_text_field(facet.value, tokenizer_name="raw", fast=True, index_option="basic")
    return builder.build()


def prepare(index: Index) -> Index:
    """Gives an opened index the tokenizer that its fields name."""
    index.register_tokenizer(_TOKENIZER, analyzer())
    return index


def document(entry: Entry) -> Document:
    """A data set as the index holds it."""
    data_set, content, provider = entry.data_set, entry.data_set.content, entry.provider
    result = Document()
    result.add_text("name", data_set.name)
    result.add_text("title", content.title)
    result.add_text("identifiers", f"{data_set.name.removeprefix('dataSets/')} {content.persistent_id}")
    result.add_text("publisher", f"{provider.display_name} {provider.country}")
    result.add_text("description", content.description)
    for facet, values in facet_values(entry).items():
        for value in values:
            result.add_text(facet.value, value)
            result.add_text("codes", " ".join(_words(facet, value)))
    return result


def facet_values(entry: Entry) -> dict[Facet, tuple[str, ...]]:
    """The values by which a data set can be narrowed down to."""
    content = entry.data_set.content
    return {
        Facet.COUNTRY: (entry.provider.country,),
        Facet.PROVIDER: (entry.provider.name,),
        Facet.CANCER_TYPE: content.cancer_types,
        Facet.MODALITY: content.modalities,
        Facet.BODY_PART: content.body_parts,
    }


def code_list(facet: Facet) -> CodeList | None:
    """The codes of a facet, or None where its values are no codes of the data model."""
    match facet:
        case Facet.CANCER_TYPE | Facet.MODALITY | Facet.BODY_PART:
            return data_model().get(facet.value).codes
        case Facet.COUNTRY | Facet.PROVIDER:
            return None


def label(facet: Facet, value: str) -> str:
    """The English name of a value, or the value itself."""
    codes = code_list(facet)
    code = None if codes is None else codes.find(value)
    return value if code is None else code.label


@cache
def _words(facet: Facet, value: str) -> tuple[str, ...]:
    """The code's spellings and those above it: who looks for lung cancer wants lung adenocarcinoma as well."""
    codes = code_list(facet)
    if codes is None or value not in codes:
        return ()
    above = [code for code in codes if value in codes.descendants(code.code)]
    return tuple(word for code in above for word in (code.code, code.label, *code.synonyms))
