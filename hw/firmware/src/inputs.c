#include "inputs.h"

#include <avr/io.h>

#include "pins.h"

static uint8_t closed;  // debounced
static uint8_t unlike[INPUTS];  // for how many milliseconds the pin has said otherwise
static uint8_t trigger_open;  // ms
static uint16_t closings[INPUTS];

static uint8_t raw(void) {
    uint8_t d = PIND, b = PINB, low = 0;
    if (!(d & _BV(START))) low |= _BV(IN_START);
    if (!(d & _BV(DOOR))) low |= _BV(IN_DOOR);
    if (!(d & _BV(ESTOP))) low |= _BV(IN_ESTOP);
    if (!(b & _BV(TRIGGER))) low |= _BV(IN_TRIGGER);
    return low;
}

void inputs_start(void) { closed = raw(); }

uint8_t inputs_poll(void) {
    uint8_t now = raw(), changed = 0;
    if (now & _BV(IN_TRIGGER)) trigger_open = 0;
    else if (trigger_open < 255) trigger_open++;
    for (uint8_t i = 0; i < INPUTS; i++) {
        if (((now ^ closed) & (1 << i)) == 0) {
            unlike[i] = 0;
        } else if (++unlike[i] == DEBOUNCE_MS) {
            unlike[i] = 0;
            closed ^= 1 << i;
            changed |= 1 << i;
            if (closed & (1 << i)) closings[i]++;
        }
    }
    return changed;
}

uint8_t input_closed(uint8_t input) { return (closed >> input) & 1; }

uint16_t input_closings(uint8_t input) { return closings[input]; }

uint8_t trigger_open_ms(void) { return trigger_open; }
