// Which pin does what, on an Arduino Uno or Nano (ATmega328P). README.md has the same as a table with the wiring.
#pragma once
#include <avr/io.h>

// Lamps 1 to 4: the outputs of timers 0 and 2. Lamps 5 to 8: port C.
#define LAMP1 PD6  // D6, OC0A
#define LAMP2 PD5  // D5, OC0B
#define LAMP3 PB3  // D11, OC2A
#define LAMP4 PD3  // D3, OC2B
#define SOFT_LAMPS 0x0F  // PC0 to PC3: A0 to A3

// Port B
#define TRIGGER PB0       // D8, ICP1: input, active low
#define CAMERA PB1        // D9: output, high = expose
#define GATE PB2          // D10: output, high = let through
#define TOWER_GREEN PB4   // D12
#define TOWER_BLUE PB5    // D13 (the board's own LED)

// Port C
#define TOWER_RED PC4     // A4
#define TOWER_AMBER PC5   // A5

// Port D: inputs, active low
#define START PD2         // D2
#define DOOR PD4          // D4
#define ESTOP PD7         // D7

#define OUTPUTS_B (_BV(CAMERA) | _BV(GATE) | _BV(LAMP3) | _BV(TOWER_GREEN) | _BV(TOWER_BLUE))
#define OUTPUTS_C (SOFT_LAMPS | _BV(TOWER_RED) | _BV(TOWER_AMBER))
#define OUTPUTS_D (_BV(LAMP1) | _BV(LAMP2) | _BV(LAMP4))
#define INPUTS_B _BV(TRIGGER)
#define INPUTS_D (_BV(START) | _BV(DOOR) | _BV(ESTOP))
