// Timer 1 runs freely at 16 MHz, it is never written. Compare B makes the millisecond and the soft lamps of port C,
// compare A the edges of a shot (strobe.c), input capture stamps the trigger.
#pragma once
#include <stdint.h>

#define TICK 16000u  // cycles of a millisecond

void clock_start(void);
uint16_t clock_ms(void);        // milliseconds, wraps
uint32_t clock_uptime_s(void);  // seconds since reset
