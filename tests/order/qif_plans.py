"""QIF plans made for tests: what a CMM program would write, in as few lines as the schema lets it."""

from __future__ import annotations

MM = "<LinearUnit><SIUnitName>meter</SIUnitName><UnitName>mm</UnitName></LinearUnit>"
DEGREE = "<AngularUnit><UnitName>degree</UnitName></AngularUnit>"


def circle(
    id: int, name: str, center: str, diameter: str, *, normal: str = "0 0 1", side: str = "INTERNAL"
) -> dict[str, str]:
    """A circle's definition, nominal and item with the QIF ids id, id + 1, id + 2."""
    return {
        "definition": f'<CircleFeatureDefinition id="{id}"><InternalExternal>{side}</InternalExternal>'
        f"<Diameter>{diameter}</Diameter></CircleFeatureDefinition>",
        "nominal": f'<CircleFeatureNominal id="{id + 1}"><FeatureDefinitionId>{id}</FeatureDefinitionId>'
        f"<Location>{center}</Location><Normal>{normal}</Normal></CircleFeatureNominal>",
        "item": f'<CircleFeatureItem id="{id + 2}"><FeatureNominalId>{id + 1}</FeatureNominalId>'
        f"<FeatureName>{name}</FeatureName></CircleFeatureItem>",
    }


def line(id: int, name: str, start: str, direction: str, length: str, normal: str = "") -> dict[str, str]:
    """A line."""
    away = f"<Normal>{normal}</Normal>" if normal else ""
    long = f"<Length>{length}</Length>" if length else ""
    return {
        "definition": f'<LineFeatureDefinition id="{id}"/>',
        "nominal": f'<LineFeatureNominal id="{id + 1}"><FeatureDefinitionId>{id}</FeatureDefinitionId>'
        f"<Location>{start}</Location><Direction>{direction}</Direction>{long}{away}</LineFeatureNominal>",
        "item": f'<LineFeatureItem id="{id + 2}"><FeatureNominalId>{id + 1}</FeatureNominalId>'
        f"<FeatureName>{name}</FeatureName></LineFeatureItem>",
    }


def feature(id: int, name: str, kind: str, definition: str, nominal: str) -> dict[str, str]:
    """A feature of any kind."""
    return {
        "definition": f'<{kind}FeatureDefinition id="{id}">{definition}</{kind}FeatureDefinition>',
        "nominal": f'<{kind}FeatureNominal id="{id + 1}"><FeatureDefinitionId>{id}</FeatureDefinitionId>{nominal}'
        f"</{kind}FeatureNominal>",
        "item": f'<{kind}FeatureItem id="{id + 2}"><FeatureNominalId>{id + 1}</FeatureNominalId>'
        f"<FeatureName>{name}</FeatureName></{kind}FeatureItem>",
    }


def asked(
    id: int, name: str, kind: str, definition: str, nominal: str = "", of: tuple[int, ...] = ()
) -> dict[str, str]:
    """A characteristic of the features whose items have these ids."""
    items = "".join(f"<Id>{one}</Id>" for one in of)
    features = f'<FeatureItemIds n="{len(of)}">{items}</FeatureItemIds>' if of else ""
    return {
        "definition": f'<{kind}CharacteristicDefinition id="{id}">{definition}</{kind}CharacteristicDefinition>',
        "nominal": f'<{kind}CharacteristicNominal id="{id + 1}"><CharacteristicDefinitionId>{id}'
        f"</CharacteristicDefinitionId>{nominal}</{kind}CharacteristicNominal>",
        "item": f'<{kind}CharacteristicItem id="{id + 2}"><Name>{name}</Name>{features}'
        f"<CharacteristicNominalId>{id + 1}</CharacteristicNominalId></{kind}CharacteristicItem>",
    }


def tolerance(high: str, low: str, *, limit: bool = False) -> str:
    word = "true" if limit else "false"
    bounds = (f"<MaxValue>{high}</MaxValue>" if high else "") + (f"<MinValue>{low}</MinValue>" if low else "")
    return f"<Tolerance>{bounds}<DefinedAsLimit>{word}</DefinedAsLimit></Tolerance>"


def plan(
    features: list[dict[str, str]], characteristics: list[dict[str, str]], *, units: str = DEGREE + MM, before: str = ""
) -> bytes:
    """A QIF document; `before` stands between the units and the features."""

    def lists(of: list[dict[str, str]], word: str) -> str:
        keys = (("definition", "Definitions"), ("nominal", "Nominals"), ("item", "Items"))
        return "".join(f"<{word}{end}>{''.join(one[key] for one in of)}</{word}{end}>" for key, end in keys)

    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<QIFDocument xmlns="http://qifstandards.org/xsd/qif3" idMax="999" versionQIF="3.0.0">'
        "<QPId>bb3b9be1-0bae-4c03-932f-39f68fd50305</QPId>"
        f"<FileUnits><PrimaryUnits>{units}</PrimaryUnits></FileUnits>{before}"
        f"<Features>{lists(features, 'Feature')}</Features>"
        f"<Characteristics>{lists(characteristics, 'Characteristic')}</Characteristics></QIFDocument>"
    ).encode()


def datums(**letters: int) -> str:
    """Datum letters of feature nominals, and a reference frame (id 900, 901, …) for each alone."""
    definitions = frames = ""
    for number, (letter, of) in enumerate(letters.items()):
        definitions += (
            f'<DatumDefinition id="{800 + number}"><DatumLabel>{letter}</DatumLabel>'
            f'<FeatureNominalIds n="1"><Id>{of}</Id></FeatureNominalIds></DatumDefinition>'
        )
        frames += (
            f'<DatumReferenceFrame id="{900 + number}"><Datums n="1"><Datum><SimpleDatum>'
            f"<DatumDefinitionId>{800 + number}</DatumDefinitionId>"
            "<MaterialModifier>NONE</MaterialModifier><ReferencedComponent>ACTUAL"
            "</ReferencedComponent></SimpleDatum><Precedence><PrecedenceEnum>PRIMARY</PrecedenceEnum></Precedence>"
            "</Datum></Datums></DatumReferenceFrame>"
        )
    return f"<DatumDefinitions>{definitions}</DatumDefinitions><DatumReferenceFrames>{frames}</DatumReferenceFrames>"
