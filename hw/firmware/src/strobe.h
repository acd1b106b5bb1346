// A shot: one pulse of a lamp and one of the camera's trigger, each after a delay from the same moment, which is a
// command or a falling edge of the trigger input. Every edge stands on an exact cycle of timer 1.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define CYCLES_PER_US 16ul
#define DELAY_MIN_US 80ul
#define DELAY_MAX_US 1000000ul
#define WIDTH_MIN_US 1ul
#define WIDTH_MAX_US 100000ul
#define CAMERA_WIDTH_MIN_US 20ul
#define APART_US 20ul     // two edges of different pulses
#define REARM_MS 10

typedef struct {
    uint8_t lamp;  // 1 to 8, 0: none
    uint32_t delay_us, width_us;
    uint32_t camera_delay_us, camera_width_us;  // width 0: no camera pulse
} shot_t;

typedef struct {
    uint16_t shots, late;
} strobe_counts_t;

bool strobe_plan(const shot_t *shot);  // false: its edges are too close to each other
void strobe_fire(void);                // the plan, counted from now
void strobe_arm(void);                 // the plan, at every trigger from now on
void strobe_cancel(void);              // from interrupts too; pulses end at once
bool strobe_busy(void);
bool strobe_armed(void);
uint8_t strobe_lamp(void);             // whom a running or armed shot uses; 0: none
bool strobe_done(void);                // a shot ended since the last call
strobe_counts_t strobe_counts(void);
bool strobe_due(void);                 // for timer 1's interrupt: an edge is near
void strobe_step(void);                // makes it, or waits on
void strobe_poll(uint8_t open_ms);     // how long the trigger has been open: makes ready for the next trigger
