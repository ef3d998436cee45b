#!/bin/sh
# A report on a cluster with Slurm: N tasks share the work, and one more draws the report when all of them ended.
#
#     examples/slurm/report.sh report.yaml /shared/store 8
#
# The store must lie on a file system that all nodes see, and so must the report with its model and photos; or the store is
# a URL, such as s3://bucket/store, with its credentials in the environment, which sbatch hands on. A task that
# was killed or requeued leaves what it has finished in the store: it goes on there, and the last job runs what is missing.
# SBATCH_OPTIONS is given to sbatch, such as "--partition=gpu --gpus=1 --mem=8G".
set -eu

report=${1:?a report.yaml}
store=${2:?a folder that all nodes see, or a URL}
shards=${3:?how many tasks}
program=${CNN_REPORT:-cnn-report}

# Faults are found here and not by each task, and what every task asks of model and photos is in the store then.
"$program" check "$report" --store "$store"
# shellcheck disable=SC2086 # the options are words
array=$(sbatch --parsable ${SBATCH_OPTIONS:-} --job-name=report-shards --array="1-$shards" --requeue \
    --wrap "exec '$program' build '$report' --store '$store' --shard \"\$SLURM_ARRAY_TASK_ID/$shards\"")
# `afterany`: a task that failed is made good by the last job, or reported there.
# shellcheck disable=SC2086
sbatch --parsable ${SBATCH_OPTIONS:-} --job-name=report --dependency="afterany:$array" \
    --wrap "exec '$program' build '$report' --store '$store'"
