"""A folder of DICOM files: headers only, everything else reported and skipped."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from tests.integration.node.ingesting import ingest
from tests.integration.node.provider import Provider

MAPPING = """
sources:
  - format: dicom
    path: images
    collection: {value: local}
    subject: PatientID
    study: StudyInstanceUID
    series: SeriesInstanceUID
    variables:
      sex: {column: PatientSex}
      age_at_study: {column: PatientAge, read: dicom_age}
      modality: {column: Modality}
      study_date: {column: StudyDate}
      deidentification: {column: DeidentificationMethodCodeSequence}
"""


def image(file: Path, patient: str, study: str, series: str, modality: str = "CT") -> None:
    header = Dataset()
    header.SOPClassUID = CTImageStorage
    header.SOPInstanceUID = generate_uid()
    header.PatientID, header.StudyInstanceUID, header.SeriesInstanceUID = patient, study, series
    header.PatientSex, header.PatientAge, header.Modality, header.StudyDate = "F", "066Y", modality, "20200229"
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "113100", "DCM"
    code.CodeMeaning = "Basic Application Confidentiality Profile"
    header.DeidentificationMethodCodeSequence = Sequence([code])
    header.PixelData = bytes(1000)
    header["PixelData"].VR = "OW"
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.file_meta.MediaStorageSOPClassUID = CTImageStorage
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    file.parent.mkdir(parents=True, exist_ok=True)
    header.save_as(file, enforce_file_format=True)


def test_files_become_series_and_what_is_not_dicom_is_named_and_skipped(tmp_path: Path) -> None:
    provider = Provider.create(tmp_path / "n", mapping=MAPPING)
    images = provider.node.settings.source_path / "images"
    for i in range(3):
        image(images / "a" / f"{i}.dcm", "p1", "1.2.1", "1.2.1.1")
    image(images / "b" / "1.dcm", "p1", "1.2.1", "1.2.1.2", "SEG")
    image(images / "c" / "1", "p2", "1.2.2", "1.2.2.1")
    (images / "notes.txt").write_text("not an image")
    cut = (images / "c" / "1").read_bytes()[:200]
    (images / "cut.dcm").write_bytes(cut)
    (images / "empty.dcm").touch()
    lint = ingest(provider).lint
    assert (lint.totals.subjects, lint.totals.studies, lint.totals.series) == (2, 2, 3)
    assert lint.skipped_files == ("cut.dcm", "empty.dcm", "notes.txt")
    assert provider.true_counts("sex = F AND age_at_study = 66 AND study_date = 2020-02-29") == (2, 2, 3)
    assert provider.true_counts('deidentification = "113100" AND modality = SEG') == (1, 1, 1)
