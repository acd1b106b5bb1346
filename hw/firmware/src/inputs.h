// Debounced inputs. A bit is 1 while the contact is closed (the pin is low): start pressed, door shut, emergency stop
// not pressed, trigger given. A broken wire reads as open, which for door and emergency stop is the safe side.
#pragma once
#include <stdint.h>

enum { IN_START, IN_DOOR, IN_ESTOP, IN_TRIGGER, INPUTS };

#define DEBOUNCE_MS 10

void inputs_start(void);
uint8_t inputs_poll(void);                // once a millisecond; the inputs that changed
uint8_t input_closed(uint8_t input);
uint16_t input_closings(uint8_t input);   // since reset, wraps
uint8_t trigger_open_ms(void);            // since it was last seen closed, bounces too; 255 at most
