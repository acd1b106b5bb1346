// What the controller can find out about itself.
#pragma once
#include <stdbool.h>
#include <stdint.h>

void selftest_boot(void);          // the flash, once; the memory was tested before main began
bool memory_is_well(void);
uint16_t flash_crc(void);          // computed now
uint16_t flash_crc_expected(void);
uint8_t pins_unlike(void);         // bits: 1 port B, 2 port C, 4 port D: an output that is not what it is driven to
bool is_well(void);                // memory, and the flash when it was last looked at
uint8_t reset_flags(void);         // MCUSR as it was at reset
