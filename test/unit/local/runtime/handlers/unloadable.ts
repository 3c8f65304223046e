throw new Error('TOLLGATE_TABLE is not set');
