using CimStore.Disk.Files;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Jobs;

/// <summary>
/// Jobs as files, one each, replaced whole; read once, when opened. A file that cannot be read is kept and told of, and
/// holds nothing up.
/// </summary>
public sealed class JobFiles : IJobStore
{
    private const string Extension = ".json";

    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, JobRecord> _jobs = new(StringComparer.Ordinal);

    private JobFiles(IDisk disk, string directory) => (_disk, _directory) = (disk, directory);

    /// <summary>What could not be read, in words.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <exception cref="LocationException">The directory cannot be made or listed.</exception>
    public static JobFiles Open(string directory) => Open(directory, new PosixDisk());

    internal static JobFiles Open(string directory, IDisk disk)
    {
        var files = new JobFiles(disk, directory);
        try
        {
            disk.EnsureDirectory(directory);
            files.Warnings = [.. files.Load()];
            return files;
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    public ValueTask<JobRecord?> FindAsync(MessageId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_jobs.GetValueOrDefault(id.ToString()));
        }
    }

    public ValueTask<IReadOnlyList<JobRecord>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<JobRecord>>([.. _jobs.Values]);
        }
    }

    public ValueTask SaveAsync(JobRecord job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var isNew = !_jobs.ContainsKey(job.Id.ToString());
            if (isNew && _jobs.Values.Count(static one => !one.IsFinished) >= IJobStore.OpenMax)
            {
                throw IJobStore.TooMany();
            }

            try
            {
                Durable.Replace(_disk, PathOf(job.Id), JobCodec.Write(job).Span);
                _jobs[job.Id.ToString()] = job;
                Forget();
            }
            catch (DiskException failure)
            {
                throw Faults.Translate(failure);
            }
        }

        return ValueTask.CompletedTask;
    }

    private List<string> Load()
    {
        var warnings = new List<string>();
        foreach (var name in _disk.List(_directory).Where(
            name => name.EndsWith(Extension, StringComparison.Ordinal)))
        {
            var path = Path.Combine(_directory, name);
            try
            {
                var job = JobCodec.Read(Durable.Load(_disk, path, JobCodec.SizeBytesMax)!.Value);
                _jobs[job.Id.ToString()] = job;
            }
            catch (Exception damage) when (damage is FormatException or ArgumentOutOfRangeException)
            {
                warnings.Add($"The job {path} cannot be read and is left alone: {damage.Message}");
            }
        }

        return warnings;
    }

    /// <summary>The oldest first. Not synced: a file that comes back after a crash is forgotten again.</summary>
    private void Forget()
    {
        var finished = _jobs.Values.Where(static job => job.IsFinished).ToList();
        foreach (var job in finished.Take(finished.Count - IJobStore.FinishedMax))
        {
            _disk.Unlink(PathOf(job.Id));
            _jobs.Remove(job.Id.ToString());
        }
    }

    private string PathOf(MessageId id) => Path.Combine(_directory, id + Extension);
}
