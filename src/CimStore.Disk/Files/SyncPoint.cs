namespace CimStore.Disk.Files;

/// <summary>
/// Names every place in the code that asks the device to make bytes durable. A test lets the simulated disk lie for one
/// name at a time and demands that the power-cut suite notices: a sync nobody can prove necessary is not kept.
/// Upper layers add their own names here; <c>docs/testing.md</c> lists them all and a test holds the two together.
/// </summary>
internal enum SyncPoint
{
    /// <summary>A batch of records or relocations, before anyone is told that it is stored.</summary>
    LogBatch,

    /// <summary>A mark: from here on the log can tell a flipped bit in the last batch from a torn tail.</summary>
    LogMark,

    /// <summary>A new segment's header (and its abandon batch), before the segment gets its name.</summary>
    LogSegment,

    /// <summary>The log's directory after a segment got its name, before anything in it is acknowledged.</summary>
    LogSegmentName,

    /// <summary>Whole batches found above the last durable mark, before anything is built upon them.</summary>
    LogRecoveredTail,

    /// <summary>
    /// The log's directory after a segment lost its name, before its bytes are reused or its end forgotten.
    /// </summary>
    LogDrop,

    /// <summary>The parent of a directory that was just made.</summary>
    NewDirectory,

    /// <summary>The temporary file of an atomic replacement, before it takes the name.</summary>
    DurableFile,

    /// <summary>The directory of an atomic replacement, after the file took the name.</summary>
    DurableName,

    /// <summary>Large content with its header, before it gets its name.</summary>
    LargeFile,

    /// <summary>The tree of large content, before either file gets its name.</summary>
    LargeTree,

    /// <summary>The directory of large content, before a journal entry refers to it.</summary>
    LargeName,

    /// <summary>Content of an upload before its client is told how much has arrived, and a new one's head.</summary>
    UploadBytes,

    /// <summary>The directory of uploads, before the client is told of a new one.</summary>
    UploadName,
}
