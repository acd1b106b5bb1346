# kernel/irq/irq_sim.c is part of a kernel that has it, never a module: what it lacks to be one.
/#include <linux\/slab.h>/a\
#include <linux/irqdesc.h>\
#include <linux/module.h>
s/irq_to_desc(irqnum)/irq_data_to_desc(irq_get_irq_data(irqnum))/
$a\
MODULE_LICENSE("GPL");
