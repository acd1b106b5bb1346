import os
import time

import pytest

from station.devices.thermometer_file import FileThermometer, FileThermometerFacts
from station.devices.thermometer_file import find as find_files
from station.devices.thermometer_w1 import W1Thermometer, W1ThermometerFacts, w1_temperature_c
from station.devices.thermometer_w1 import find as find_w1
from station.errors import DeviceError, InputError, LostDeviceError

# As Linux writes it (Documentation/w1/slaves/w1_therm.rst); the scratchpads of the DS18B20's data sheet, table 1:
# 0x0191 is +25.0625 °C, 0xFF5E is -10.125 °C.
WARM = "91 01 4b 46 7f ff 0f 10 25 : crc=25 YES\n91 01 4b 46 7f ff 0f 10 25 t=25062\n"
COLD = "5e ff 4b 46 7f ff 02 10 c7 : crc=c7 YES\n5e ff 4b 46 7f ff 02 10 c7 t=-10125\n"
POWER_ON = "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n"
SHORTED = "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n"


@pytest.fixture
def sensor(tmp_path):
    folder = tmp_path / "28-0316a2794cff"
    folder.mkdir()
    (folder / "w1_slave").write_text(WARM)
    return tmp_path, folder / "w1_slave"


def test_readings_of_the_data_sheet():
    assert w1_temperature_c(WARM) == 25.062
    assert w1_temperature_c(COLD) == -10.125


def test_a_sensor_on_the_bus_is_found_and_read(sensor):
    bus, _ = sensor
    assert [(one.where, one.words) for one in find_w1(bus)] == [("28-0316a2794cff", "DS18B20")]
    thermometer = W1Thermometer(W1ThermometerFacts("28-0316a2794cff"), bus=bus)
    assert thermometer.temperature_c() == 25.062
    assert thermometer.check() == "thermometer, 25.06 °C"
    thermometer.close()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (WARM.replace("YES", "NO"), "check sum is wrong"),
        (POWER_ON, "85 °C is what it holds before it has measured"),
        (SHORTED, "short circuited"),
        (COLD, "reads -10.125 °C, which is not within 5 to 60 °C"),
        ("", "does not answer"),
        ("t=25062", "no reading of a 1-Wire sensor"),
        (WARM[:40], "no reading of a 1-Wire sensor"),
    ],
)
def test_what_cannot_be_is_refused(sensor, text, match):
    bus, file = sensor
    file.write_text(text)
    with pytest.raises(DeviceError, match=match):
        W1Thermometer(W1ThermometerFacts("28-0316a2794cff"), bus=bus).temperature_c()


def test_a_reading_is_kept_for_its_age_and_no_longer(sensor):
    bus, file = sensor
    now = [100.0]
    thermometer = W1Thermometer(W1ThermometerFacts("28-0316a2794cff", max_age_s=5.0), clock=lambda: now[0], bus=bus)
    assert thermometer.temperature_c() == 25.062
    file.write_text(WARM.replace("t=25062", "t=26000"))
    now[0] = 105.0
    assert thermometer.temperature_c() == 25.062
    now[0] = 105.1
    assert thermometer.temperature_c() == 26.0
    file.unlink()
    now[0] = 120.0
    with pytest.raises(LostDeviceError, match="is gone"):
        thermometer.temperature_c()


def test_a_sensor_that_hangs_is_given_up_and_may_come_back(tmp_path):
    file = tmp_path / "temp1_input"
    os.mkfifo(file)  # opening it for reading waits until somebody writes
    thermometer = FileThermometer(FileThermometerFacts(str(file), timeout_s=0.1))
    for _ in range(2):
        began_s = time.monotonic()
        with pytest.raises(LostDeviceError, match=r"does not answer within 0\.1 s"):
            thermometer.temperature_c()
        assert time.monotonic() - began_s < 1.0
    file.write_text("21500\n")
    assert thermometer.temperature_c() == 21.5


def test_files_of_the_kernel_are_found_and_read(tmp_path):
    for number, name in ((0, "cpu_thermal"), (1, "sht3x")):
        folder = tmp_path / f"hwmon{number}"
        folder.mkdir()
        (folder / "name").write_text(name + "\n")
        (folder / "temp1_input").write_text("20437\n")
    (found,) = find_files(tmp_path)
    assert found.words == "sht3x"
    assert FileThermometer(FileThermometerFacts(found.where)).temperature_c() == pytest.approx(20.437)
    (tmp_path / "hwmon1" / "temp1_input").write_text("warm\n")
    with pytest.raises(DeviceError, match="reading is wrong"):
        FileThermometer(FileThermometerFacts(found.where)).temperature_c()


def test_one_that_is_not_there_and_facts_that_cannot_be_are_said(tmp_path):
    with pytest.raises(LostDeviceError, match="no such thermometer"):
        W1Thermometer(W1ThermometerFacts("28-0316a2794cff"), bus=tmp_path)
    with pytest.raises(InputError, match="no number of a sensor"):
        W1Thermometer(W1ThermometerFacts("../../etc"), bus=tmp_path)
    with pytest.raises(InputError, match="least_c"):
        FileThermometer(FileThermometerFacts(str(tmp_path), least_c=60.0, most_c=5.0))
